"""What `openclaw` does on a terminal, seen through a pseudo-terminal.

OPENCLAW_BINARY names the program; pexpect is the only package that is needed.
"""
import json, os, re, signal, subprocess, sys, tempfile, unicodedata, unittest

import pexpect

FOLDER = os.path.dirname(os.path.abspath(__file__))
TOPOLOGY = os.path.join(FOLDER, "../../../queues/topology.yaml")
BINARY = os.environ["OPENCLAW_BINARY"]
JOB = "0199c0de-0000-7000-8000-0000000000"
ENDLESS, SLOW, FAILING = JOB + "04", JOB + "08", JOB + "02"
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOR = re.compile(r"\x1b\[[0-9;]*m")
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"


def width(text):
    return sum(0 if unicodedata.combining(c) else
               2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def rows(text):
    """The rows that were drawn, without what moves the cursor."""
    return [CONTROL.sub("", row) for row in re.split(r"[\r\n]+|\x1b\[H|\x1b\[\?1049l", text)]


class TerminalTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = subprocess.Popen(
            [sys.executable, os.path.join(FOLDER, "scripted_gateway.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        cls.url = "http://127.0.0.1:" + cls.gateway.stdout.readline().strip()

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stdin.close()
        cls.gateway.wait(10)
        cls.gateway.stdout.close()

    def environment(self, **more):
        return dict({"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TERM": "xterm-256color",
                     "OPENCLAW_TOKEN": "good", "OPENCLAW_URL": self.url,
                     # A crash shall be told at once, and not ask what to do.
                     "SWIFT_BACKTRACE": "interactive=no,color=no"}, **more)

    def spawn(self, *arguments, columns=80, lines=24, program=BINARY, **more):
        return pexpect.spawn(program, list(arguments), env=self.environment(**more), timeout=20,
                             encoding="utf-8", dimensions=(lines, columns))

    def whole(self, *arguments, **more):
        """What a command draws until its end, and its exit code."""
        child = self.spawn(*arguments, **more)
        self.see_end(child)
        return child.before, child.exitstatus

    def piped(self, *arguments, **more):
        return subprocess.run([BINARY, *arguments], env=self.environment(**more), timeout=20,
                              capture_output=True, text=True, stdin=subprocess.DEVNULL)

    @staticmethod
    def see_end(child):
        """Waits for the last output, then for the exit: one that is closed before gets a SIGHUP."""
        child.expect(pexpect.EOF)
        child.wait()
        child.close()

    def test_colors_are_for_terminals_that_want_them(self):
        self.assertRegex(self.whole("jobs", "list")[0], COLOR)
        for arguments, more in [(["--no-color"], {}), ([], {"NO_COLOR": "1"}),
                                ([], {"TERM": "dumb"})]:
            drawn = self.whole("jobs", "list", *arguments, **more)[0]
            self.assertNotRegex(drawn, COLOR)
        for command in (["jobs", "list"], ["queues", "list"], ["workers", "list"],
                        ["pools", "list"], ["jobs", "watch", SLOW],
                        ["queues", "watch", "--count", "2", "--interval", "0.2"]):
            run = self.piped(*command)
            self.assertEqual(run.returncode, 0)
            self.assertNotIn("\x1b", run.stdout + run.stderr)

    def test_without_color_a_live_view_only_moves_the_cursor(self):
        drawn, code = self.whole("jobs", "watch", SLOW, NO_COLOR="1")
        self.assertEqual(code, 0)
        self.assertIn(HIDE, drawn)
        self.assertNotRegex(drawn, COLOR)

    def test_rows_fit_the_terminal(self):
        for columns in (40, 80, 200):
            for command in (["queues", "list"], ["pools", "list"], ["jobs", "watch", SLOW],
                            ["jobs", "tree", ENDLESS], ["schedules", "list"],
                            ["queues", "watch", "--count", "3", "--interval", "0.2"],
                            ["pools", "list", "--watch", "--count", "2", "--interval", "0.2"]):
                drawn, code = self.whole(*command, columns=columns)
                self.assertEqual(code, 0, command)
                for row in rows(drawn):
                    self.assertLessEqual(width(row), columns, (command, row))
        wide = self.whole("queues", "list", columns=200)[0]
        self.assertIn("HELD", wide)
        self.assertNotIn("HELD", self.whole("queues", "list", columns=40)[0])

    def test_the_text_streams_and_the_result_comes_once(self):
        child = self.spawn("jobs", "watch", SLOW)
        child.expect_exact("running")
        child.expect_exact("│ ")
        child.expect_exact("word0")
        self.assertTrue(child.isalive())
        child.expect_exact("skill_call")
        self.see_end(child)
        self.assertEqual(child.exitstatus, 0)
        end = child.before
        self.assertIn("succeeded", end)
        self.assertTrue(end.endswith("日本 the end\r\n"), end[-200:])
        after = end[end.rindex(SHOW):]
        self.assertEqual(after.count("日本 the end"), 1)

    def test_a_failure_is_told_after_the_view(self):
        drawn, code = self.whole("jobs", "watch", FAILING)
        self.assertEqual(code, 1)
        self.assertGreater(drawn.rindex("file_not_found"), drawn.rindex(SHOW))
        self.assertNotIn("\x1b[31mfile", drawn)

    def test_control_c_gives_the_terminal_back(self):
        for command in (["jobs", "watch", ENDLESS], ["queues", "watch"],
                        ["queues", "list", "--watch"],
                        ["jobs", "enqueue", "agent:endless", "a", "--follow"]):
            child = self.spawn(*command)
            child.expect_exact(HIDE)
            child.expect_exact("running" if command[0] == "jobs" else "agent.main")
            child.sendintr()
            self.see_end(child)
            self.assertEqual(child.exitstatus, 130, command)
            self.assertIn(SHOW, child.before)
            self.assertNotIn(HIDE, child.before[child.before.rindex(SHOW):])
            if command[0] == "queues":
                self.assertIn(LEAVE, child.before)
            if "enqueue" in command:
                self.assertIn("The job goes on: openclaw jobs watch 0199c0de", child.before)

    def test_a_termination_gives_the_terminal_back_too(self):
        child = self.spawn("queues", "watch")
        child.expect_exact("agent.main")
        child.kill(signal.SIGTERM)
        child.expect_exact(SHOW)
        child.expect_exact(LEAVE)
        self.see_end(child)
        self.assertEqual(child.signalstatus, signal.SIGTERM)

    def test_the_queues_follow_the_size_of_the_terminal(self):
        child = self.spawn("queues", "watch", "--lanes", "--interval", "600", columns=120)
        child.expect_exact(ENTER)
        child.expect_exact("skill.files.low")
        child.expect_exact("\x1b[J")
        child.setwinsize(6, 30)
        # Nothing but the signal can make it draw within ten minutes.
        child.expect_exact("\x1b[H")
        child.expect_exact("\x1b[J")
        frame = [CONTROL.sub("", row) for row in child.before.split("\r\n")]
        self.assertEqual(len(frame), 6)
        self.assertIn("more", frame[-1])
        for row in frame:
            self.assertLessEqual(width(row), 30)
        child.sendintr()
        self.see_end(child)
        self.assertEqual(child.exitstatus, 130)

    def test_progress_is_for_terminals_alone(self):
        drawn, code = self.whole("pools", "scale", "agent.main", "3")
        self.assertEqual(code, 0)
        self.assertIn("of 3 workers", drawn)
        self.assertIn(SHOW, drawn)
        run = self.piped("pools", "scale", "agent.main", "1")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        run = self.piped("jobs", "enqueue", "agent:main", "a")
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    def test_a_piped_result_is_clean_while_the_terminal_shows_the_work(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "result")
            drawn, code = self.whole(
                "-c", f'"{BINARY}" jobs enqueue agent:slow a --follow > "{file}"', program="bash")
            self.assertEqual(code, 0)
            self.assertIn("skill_call", drawn)
            with open(file, encoding="utf-8") as result:
                self.assertEqual(result.read(), "日本 the end\n")

    def test_a_reader_that_leaves_ends_the_command(self):
        drawn, code = self.whole(
            "-c", f'"{BINARY}" queues watch --interval 0.2 | head -1; exit ${{PIPESTATUS[0]}}',
            program="bash")
        self.assertEqual(code, 141)

    def test_a_question_waits_for_its_answer(self):
        def ask(answer):
            child = self.spawn("dead", "drop", "agent.main")
            child.expect_exact("Drop 3 dead steps of agent.main for good? [y/N] ")
            self.assertTrue(child.isalive())
            answer(child)
            self.see_end(child)
            return child.before, child.exitstatus

        drawn, code = ask(lambda child: child.sendline("yes"))
        self.assertEqual(code, 0)
        self.assertIn("3 dropped", drawn)
        for answer in (lambda child: child.sendline(""), lambda child: child.sendeof()):
            drawn, code = ask(answer)
            self.assertEqual(code, 1)
            self.assertIn("\r\nerror: nothing was dropped", drawn)
        drawn, code = ask(lambda child: child.sendintr())
        self.assertEqual(code, 130)
        self.assertNotIn("dropped", drawn)
        run = self.piped("dead", "drop", "agent.main")
        self.assertEqual((run.returncode, run.stdout), (64, ""))
        self.assertIn("--yes", run.stderr)

    def test_words_that_are_no_text_are_refused(self):
        run = subprocess.run([BINARY, "jobs", "enqueue", "agent:main", b"a\xff", "-o", "json"],
                             env=self.environment(), timeout=20, capture_output=True)
        self.assertEqual((run.returncode, run.stderr), (64, b""))
        self.assertEqual(json.loads(run.stdout)["error"]["type"], "usage")

    def test_the_doctor_examines_what_there_is(self):
        with tempfile.TemporaryDirectory() as root:
            def examine(**more):
                run = self.piped("doctor", "-o", "json", OPENCLAW_DATA_ROOT=root,
                                 OPENCLAW_TOPOLOGY=TOPOLOGY, **more)
                report = json.loads(run.stdout)
                self.assertEqual(run.returncode, 0 if report["ok"] else 1)
                return {check["name"]: check for check in report["checks"]}
            checks = examine()
            for name, state in (("gateway", "ok"), ("token", "ok"), ("workers", "ok"),
                                ("data root", "ok"), ("master key", "warn")):
                self.assertEqual(checks[name]["state"], state, checks[name])
            self.assertEqual(examine(OPENCLAW_TOKEN="bad")["token"]["state"], "fail")
            checks = examine(OPENCLAW_URL="http://127.0.0.1:1",
                             DATABASE_URL="postgres://a:hunter2@127.0.0.1:1/b",
                             AMQP_URL="amqp://a:hunter2@127.0.0.1:1/",
                             OPENAI_BASE_URL="http://127.0.0.1:1", OPENAI_API_KEY="sk-hunter2")
            for name, state in (("gateway", "warn"), ("database", "fail"), ("model", "fail")):
                self.assertEqual(checks[name]["state"], state, checks[name])
                self.assertTrue(checks[name]["mend"])
            self.assertNotIn("hunter2", json.dumps(checks))

    def test_bash_completes_nouns_and_verbs(self):
        script = f'''
            source <("{BINARY}" completion bash)
            function=$(complete -p openclaw | sed 's/.*-F \\([^ ]*\\).*/\\1/')
            complete_words() {{
              COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${{#COMP_LINE}}
              COMPREPLY=(); "$function" openclaw "${{COMP_WORDS[COMP_CWORD]}}" \
                "${{COMP_WORDS[COMP_CWORD-1]}}"; echo "${{COMPREPLY[@]}}"
            }}
            complete_words openclaw queu
            complete_words openclaw jobs ca
            complete_words openclaw jobs list -o js
            complete_words openclaw dead re
            complete_words openclaw schedules create a agent:main b --overlap pa
            complete_words openclaw jobs enqueue --unique-scope se
        '''
        run = subprocess.run(["bash", "-c", script], env=self.environment(), timeout=20,
                             capture_output=True, text=True)
        self.assertEqual(run.stdout.split("\n")[:6],
                         ["queues", "cancel", "json jsonl", "redrive", "parallel", "session"],
                         run.stderr)


if __name__ == "__main__":
    unittest.main()
