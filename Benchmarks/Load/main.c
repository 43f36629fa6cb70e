// openclaw-load: a small HTTP/1.1 load generator with exact tails. README.md has its options and
// what the report means.
#include <stdlib.h>

#include "options.h"
#include "run.h"

int main(int count, char **arguments) {
  struct options options = options_read(count, arguments);
  run_load(&options);
  return EXIT_SUCCESS;
}
