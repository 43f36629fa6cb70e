#!/usr/bin/env python3
"""Checks openclaw-load against a server that answers in every way that is allowed, and in some that
are not. Usage: check.py --program PATH. Exits with 1 if an expectation fails; takes some 10 s."""

import argparse
import asyncio
import json
import os
import re
import signal
import sys
import tempfile
import time

JOB = b'{"links":{"id":"wrong"},"target":"\\"id\\":","id":"job-%d","tags":["id"]}'
SILENCE = 3600


def with_length(body, status=b"200 OK", extra=b""):
    return b"HTTP/1.1 %s\r\n%scontent-length: %d\r\n\r\n%s" % (status, extra, len(body), body)


def chunked(parts, status=b"200 OK", extra=b""):
    head = b"HTTP/1.1 %s\r\n%sTransfer-Encoding: chunked\r\n\r\n" % (status, extra)
    return head + b"".join(b"%X;x=y\r\n%s\r\n" % (len(p), p) for p in parts) + b"0\r\nT: x\r\n\r\n"


class Server:
    """Answers by path; `seen` holds each request as (connection, method, path, headers, body)."""

    def __init__(self):
        self.seen, self.connections, self.jobs, self.looks = [], 0, 0, {}
        self.began = None

    async def start(self):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=1024)
        self.url = "http://127.0.0.1:%d" % server.sockets[0].getsockname()[1]

    async def serve(self, reader, writer):
        self.connections += 1
        connection = self.connections
        try:
            while await self.exchange(connection, reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client is done, or all is
        finally:
            writer.close()

    async def exchange(self, connection, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path, _ = head.split("\r\n", 1)[0].split(" ")
        headers = dict(re.findall(r"^([^:\r\n]+): (.*)\r$", head.split("\r\n", 1)[1], re.M))
        if path == "/early":
            writer.write(with_length(b"no", b"413 Content Too Large"))
            await writer.drain()
            await asyncio.sleep(0.2)
            return False
        body = await reader.readexactly(int(headers.get("Content-Length", 0)))
        self.seen.append((connection, method, path, headers, body))
        name = path.strip("/").split("/")[0].replace("-", "_")
        return await getattr(self, "at_" + name)(writer, path)

    async def at_whole(self, writer, _):
        writer.write(with_length(b"x" * 300, extra=b"Date: now\r\n"))
        return True

    async def at_bytes(self, writer, _):
        for byte in with_length(b"hello"):
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        return True

    async def at_chunked(self, writer, _):
        for byte in chunked([b"a" * 17, b"b" * 300]):
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        return True

    async def at_large(self, writer, _):
        writer.write(chunked([b"z" * 3_000_000] * 2))
        await writer.drain()
        return True

    async def at_interim(self, writer, _):
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        await asyncio.sleep(0.001)
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        return True

    async def at_close(self, writer, _):
        writer.write(with_length(b"bye", extra=b"Connection: close\r\n"))
        return False

    async def at_until_close(self, writer, _):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nhello")
        return False

    async def at_silent_close(self, writer, _):
        writer.write(with_length(b"bye"))
        return False

    async def at_cut(self, writer, _):
        writer.write(with_length(b"hello")[:-2])
        return False

    async def at_garbage(self, writer, _):
        writer.write(b"SSH-2.0-OpenSSH\r\n")
        return True

    async def at_excess(self, writer, _):
        writer.write(with_length(b"hello") + b"more")
        return True

    async def at_silent(self, _writer, _):
        await asyncio.sleep(SILENCE)

    async def at_stall(self, writer, _):
        """Nothing is answered from 0.4 to 0.5 s after the first request."""
        now = time.monotonic()
        self.began = self.began or now
        since = now - self.began
        if 0.4 <= since < 0.5:
            await asyncio.sleep(0.5 - since)
        writer.write(with_length(b"ok"))
        return True

    async def at_slow(self, writer, _):
        await asyncio.sleep(0.1)
        writer.write(with_length(b"ok"))
        return True

    async def at_jobs(self, writer, path, split=True):
        if path == "/jobs":
            self.jobs += 1
            writer.write(with_length(JOB % self.jobs, b"202 Accepted"))
        elif path.endswith("/events"):
            await self.events(writer, int(path.split("/")[2].split("-")[1]))
        else:
            looks = self.looks[path] = self.looks.get(path, 0) + 1
            state = b"abaab" if looks == 3 else b"abaaa"
            writer.write(chunked([b'{"state":"ab', state[2:], b'"}']))
        return True

    async def events(self, writer, job):
        end = b"job.failed" if job % 4 == 0 else b"job.succeeded"
        text = b"retry: 1000\n\nid: 1\nevent: job.succeeded.not\ndata: event: job.failed\n\n"
        text += b": comment\r\n\r\nevent: %s\r\ndata: {}\r\n\r\n" % end
        await asyncio.sleep(0.02)
        for byte in chunked([text[:40], text[40:-3], text[-3:]], extra=b"Content-Type: x\r\n"):
            writer.write(bytes([byte]))
            if job % 2:
                await asyncio.sleep(0)

    async def at_closing(self, writer, path):
        """The answer and the stream both end with their connection."""
        if path == "/closing":
            await self.at_jobs(writer, "/jobs")
        else:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\nevent: job.succeeded\ndata: 1\n\n")
        return False

    async def at_lost(self, writer, path):
        answer = self.at_jobs if path == "/lost" else self.at_whole
        return await answer(writer, "/jobs")

    async def at_open(self, writer, path):
        """A stream that stays open after the job's end."""
        if path == "/open":
            return await self.at_jobs(writer, "/jobs")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nevent: job.succeeded\ndata: 1\n\n")
        await asyncio.sleep(SILENCE)

    async def at_batch(self, writer, _):
        item = b'{"index":%d,"status":202,"job":{"id":"b-%d"}}'
        items = b",".join(item % (i, i) for i in range(10))
        writer.write(chunked([b'{"id":"no","accepted":10,"items":[', items, b"]}"]))
        return True


class Check:
    def __init__(self, program, server):
        self.program, self.server, self.failures = program, server, 0

    async def run(self, path, *options, signals=()):
        arguments = ["--url", self.server.url + path, *map(str, options)]
        process = await asyncio.create_subprocess_exec(
            self.program, *arguments, stdout=asyncio.subprocess.PIPE)
        for delay in signals:
            await asyncio.sleep(delay)
            process.send_signal(signal.SIGINT)
        text, _ = await asyncio.wait_for(process.communicate(), 15)
        report = json.loads(text)
        report["trouble"] = {k: v for k, v in report["errors"].items() if v}
        return report

    def expect(self, what, holds, report):
        print("%s  %s" % ("ok  " if holds else "FAIL", what), flush=True)
        if not holds:
            print("      ", report)
            self.failures += 1

    async def answers(self):
        for path, status, connections in [
                ("/whole", "200", 4), ("/bytes", "200", 4), ("/chunked", "200", 4),
                ("/large", "200", 4), ("/interim", "204", 4), ("/close", "200", 60),
                ("/until-close", "200", 60)]:
            r = await self.run(path, "--requests", 60, "--connections", 4)
            self.expect(
                f"{path} is answered 60 times over {connections} connections",
                r["status"] == {status: 60} and not r["trouble"] and not r["unfinished"]
                and r["requests"] == 60 and r["connections"] == connections
                and r["post_us"]["max"] > 0 and r["mode"] == "closed" and r["offered"] is None, r)

    async def failures_are_counted(self):
        for path, kind in [("/cut", "reset"), ("/garbage", "parse"), ("/silent", "timeout")]:
            r = await self.run(path, "--requests", 6, "--connections", 3, "--timeout", 0.2)
            self.expect(f"{path} is an error of its kind", r["trouble"] == {kind: 6}
                        and r["status"] == {} and r["post_us"] is None, r)
        r = await self.run("/excess", "--requests", 5, "--connections", 1)
        self.expect("an answer that is too long counts, and is an error",
                    r["status"] == {"200": 5} and r["trouble"] == {"parse": 5}, r)
        url, self.server.url = self.server.url, "http://127.0.0.1:1"
        r = await self.run("/", "--seconds", 0.5, "--connections", 2)
        self.server.url = url
        self.expect("a refused connection is tried again only after a rest",
                    2 <= r["trouble"]["connect"] <= 12, r)

    async def requests(self):
        self.server.seen.clear()
        await self.run("/whole", "--requests", 30, "--connections", 2,
                       "--body", '{"a":"{n}","b":"{n}"}', "--header", "Idempotency-Key: {n}",
                       "--header", "Authorization: Bearer x")
        seen = self.server.seen
        keys = [headers["Idempotency-Key"] for _, _, _, headers, _ in seen]
        self.expect(
            "each request has a number of its own, in body and header",
            len(set(keys)) == 30 and all(re.fullmatch("[0-9a-f]{8}-[0-9]{12}", k) for k in keys)
            and len({k[:8] for k in keys}) == 1
            and all(json.loads(s[4]) == {"a": k, "b": k} for s, k in zip(seen, keys))
            and all(s[1] == "POST" and s[3]["Authorization"] == "Bearer x"
                    and s[3]["Content-Type"] == "application/json" for s in seen), seen[:2])
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"y" * 8_000_000 + b"{n}")
            file.flush()
            options = ("--requests", 3, "--connections", 1, "--body-file", file.name)
            r = await self.run("/whole", *options)
            self.expect("a large body is sent whole", r["status"] == {"200": 3} and all(
                len(s[4]) == 8_000_021 for s in self.server.seen[-3:]), r)
            r = await self.run("/early", *options)
            self.expect("an answer before the end of the request counts",
                        r["status"] == {"413": 3} and r["connections"] == 3, r)

    async def tails(self):
        for connections in (1, 64):
            self.server.began = None
            r = await self.run(
                "/stall", "--rate", 500, "--seconds", 1, "--connections", connections)
            p = r["post_us"]
            self.expect(
                f"the open loop's tail shows a stall of 100 ms ({connections} connections at most)",
                80_000 <= p["p99"] <= 150_000 and 25_000 <= p["p95"] and p["p50"] < 10_000
                and r["requests"] == 500 and r["status"] == {"200": 500} and not r["unfinished"]
                and (connections > 1 or r["late_starts"] >= 40), r)
        r = await self.run("/slow", "--connections", 10, "--seconds", 1)
        self.expect("the closed loop's pace is the server's",
                    90_000 <= r["post_us"]["p50"] <= 130_000
                    and 70 <= r["requests"] <= 100 and 70 <= r["rate"] <= 100, r)
        r = await self.run("/silent", "--connections", 5, signals=(0.3, 0.2))
        self.expect("the closed loop says what was never answered",
                    r["requests"] == 5 and r["unfinished"] == 5 and not r["status"], r)
        r = await self.run("/silent", "--connections", 5, "--rate", 100, signals=(0.5, 0.2))
        self.expect("the open loop says what was never answered, sent or not",
                    40 <= r["unfinished"] == r["requests"] <= 60 and r["late_starts"] > 30, r)
        r = await self.run("/whole", "--rate", 200, "--warmup", 0.5, "--seconds", 0.5)
        self.expect("the warm-up does not count", 98 <= r["requests"] <= 102
                    and 180 <= r["rate"] <= 220 and r["status"] == {"200": r["requests"]}, r)

    async def jobs(self):
        follow = ("--body", "{}", "--follow", "/jobs/", "/events")
        with tempfile.NamedTemporaryFile("r") as file:
            first = self.server.jobs + 1
            r = await self.run(
                "/jobs", "--requests", 40, "--connections", 4, *follow, "--ids", file.name)
            promised = sorted(int(line[4:]) for line in file.read().split())
            failed = sum(1 for job in promised if job % 4 == 0)
            self.expect("jobs are followed to their end on one connection",
                        r["status"] == {"202": 40} and not r["trouble"] and r["connections"] == 4
                        and r["done"]["failed"] == failed and r["done"]["lost"] == 0
                        and r["done"]["succeeded"] == 40 - failed
                        and r["done_us"]["p50"] >= 20_000 > r["post_us"]["p50"], r)
            self.expect("the ledger has each promised id once",
                        promised == list(range(first, first + 40)), promised)
            r = await self.run("/batch", "--requests", 3, "--body", "[]", "--batch-items", 10,
                               "--ids", file.name)
            file.seek(0)
            self.expect("a batch counts its jobs, and the ledger has them",
                        len(file.read().split()) == 70 and r["requests"] == 3
                        and 9 <= r["jobs_per_second"] / r["rate"] <= 11, r)
        r = await self.run("/closing", "--requests", 9, "--connections", 3, "--body", "{}",
                           "--follow", "/closing/", "/events")
        self.expect("a stream is followed over a new connection if need be",
                    r["done"]["succeeded"] == 9 and not r["trouble"] and r["connections"] == 18, r)
        follow = ("--requests", 6, "--body", "{}", "--follow")
        r = await self.run("/lost", *follow, "/lost/", "/events")
        self.expect("a stream without the job's end is a lost job",
                    r["done"]["lost"] == 6 and r["done_us"] is None, r)
        r = await self.run("/open", *follow, "/open/", "/events")
        self.expect("a stream that stays open costs nothing but its connection",
                    r["done"]["succeeded"] == 6 and not r["trouble"] and not r["unfinished"], r)
        r = await self.run("/jobs", "--rate", 200, "--requests", 40, "--body", "{}",
                           "--poll", "/jobs/", "?wait=0", "abaab", "--poll-every", 10)
        self.expect("jobs are polled to their end",
                    r["done"]["succeeded"] == 40 and not r["trouble"]
                    and 20_000 <= r["done_us"]["p50"] <= 60_000 and r["mode"] == "open", r)

    async def options(self):
        for arguments in (["--urk"], [], ["--url"], ["--url", "https://x/"],
                          ["--url", "http://x:0/"],
                          ["--url", "http://127.0.0.1:1/", "--rate", "-1"],
                          ["--url", "http://127.0.0.1:1/", "--header", "a: b\nc: d"],
                          ["--url", "http://127.0.0.1:1/", "--body-file", "/nonexistent"]):
            process = await asyncio.create_subprocess_exec(
                self.program, *arguments, stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE)
            out, error = await process.communicate()
            self.expect(f"{arguments!r} is refused in a line", process.returncode == 64 and not out
                        and error.count(b"\n") == 1 and error.startswith(b"openclaw-load: "), error)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    server = Server()
    await server.start()
    check = Check(os.path.abspath(parser.parse_args().program), server)
    for part in (check.answers, check.failures_are_counted, check.requests, check.tails, check.jobs,
                 check.options):
        await part()
    print("%d failed" % check.failures if check.failures else "all as expected")
    return check.failures > 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
