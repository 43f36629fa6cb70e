// What Swift cannot import of libcurl: variadic functions, and the macros that are cast constants.
// Each shim takes the one C type that its options want, so that a wrong pairing does not compile.
#pragma once
#include <curl/curl.h>
// How libcurl's sockets are waited for; Swift's Glibc module lacks these headers.
#include <sys/epoll.h>
#include <sys/eventfd.h>

// curl_easy_setopt is variadic. Options that take a `long`.
static inline CURLcode openclaw_easy_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}

// curl_easy_setopt is variadic. Options that take a `curl_off_t` (the _LARGE ones).
static inline CURLcode openclaw_easy_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(handle, option, value);
}

// curl_easy_setopt is variadic. Options that take a C string, which libcurl copies.
static inline CURLcode openclaw_easy_set_string(
    CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}

// curl_easy_setopt is variadic. Options that take a pointer which libcurl hands back to callbacks.
static inline CURLcode openclaw_easy_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}

// curl_easy_setopt is variadic. CURLOPT_HTTPHEADER: the list must outlive the transfer.
static inline CURLcode openclaw_easy_set_headers(CURL *handle, struct curl_slist *list) {
  return curl_easy_setopt(handle, CURLOPT_HTTPHEADER, list);
}

// curl_easy_setopt is variadic. CURLOPT_COPYPOSTFIELDS: copies as many bytes as
// CURLOPT_POSTFIELDSIZE_LARGE, set before, says.
static inline CURLcode openclaw_easy_set_body(CURL *handle, const void *bytes) {
  return curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, (const char *)bytes);
}

typedef size_t (*openclaw_data_callback)(char *data, size_t size, size_t count, void *context);

// curl_easy_setopt is variadic. CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION.
static inline CURLcode openclaw_easy_set_data_callback(
    CURL *handle, CURLoption option, openclaw_data_callback callback) {
  return curl_easy_setopt(handle, option, callback);
}

// curl_easy_setopt is variadic. CURLOPT_OPENSOCKETFUNCTION.
static inline CURLcode openclaw_easy_set_open_socket(
    CURL *handle, curl_opensocket_callback callback) {
  return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, callback);
}

// curl_easy_getinfo is variadic. Infos that are a `long`; 0 when there is none.
static inline long openclaw_easy_get_long(CURL *handle, CURLINFO info) {
  long value = 0;
  return curl_easy_getinfo(handle, info, &value) == CURLE_OK ? value : 0;
}

// curl_easy_getinfo is variadic. CURLINFO_PRIVATE: what CURLOPT_PRIVATE had set.
static inline void *openclaw_easy_get_private(CURL *handle) {
  char *value = NULL;
  return curl_easy_getinfo(handle, CURLINFO_PRIVATE, &value) == CURLE_OK ? (void *)value : NULL;
}

// curl_multi_setopt is variadic. Options that take a `long`.
static inline CURLMcode openclaw_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

// curl_multi_setopt is variadic. CURLMOPT_SOCKETFUNCTION with its CURLMOPT_SOCKETDATA.
static inline CURLMcode openclaw_multi_set_socket_callback(
    CURLM *multi, curl_socket_callback callback, void *context) {
  CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
  return code == CURLM_OK ? curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback) : code;
}

// The result in a CURLMsg lies in a union, whose members Swift sees as overlapping pointers.
static inline CURLcode openclaw_message_result(const CURLMsg *message) {
  return message->data.result;
}

// A macro with a cast, which Swift does not import: not a socket but "look at the timers".
static const curl_socket_t openclaw_socket_timeout = CURL_SOCKET_TIMEOUT;

// A macro with a cast, which Swift does not import: refuses to open a socket.
static const curl_socket_t openclaw_socket_bad = CURL_SOCKET_BAD;
