"""Processes that connect: over TCP, a file, torchrun and two networks; and what the others say when one is at fault.

    processes_test.py WORKER FOLDER
"""
import concurrent.futures
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

WORKER = sys.argv[1]
FOLDER = pathlib.Path(sys.argv[2])
LONGEST = 60  # seconds after which something hangs that must not


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def clean_environment(**variables):
    """What the variables of a launcher around the tests would mean to the worker is not there."""
    foreign = ("RANK", "WORLD_SIZE", "LOCAL_", "MASTER_", "TORCHELASTIC_", "SLURM_", "OMPI_", "GLOO_SOCKET")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return {**kept, "OMP_NUM_THREADS": "1", **variables}


def start(*arguments, prefix=(), **variables):
    return subprocess.Popen([*prefix, WORKER, *map(str, arguments)], env=clean_environment(**variables), text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def end(process, longest=LONGEST):
    try:
        out, err = process.communicate(timeout=longest)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"{process.args} hangs")
    return process.returncode, out, err


class Processes(unittest.TestCase):
    def setUp(self):
        FOLDER.mkdir(parents=True, exist_ok=True)
        self.file = FOLDER / f"{self.id()}.store"
        self.file.unlink(missing_ok=True)
        self.started = []

    def tearDown(self):
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.communicate()
        self.file.unlink(missing_ok=True)

    def start(self, *arguments, **more):
        self.started.append(start(*arguments, **more))
        return self.started[-1]

    def run_over_tcp(self, size, *arguments, port=None):
        port = port or free_port()
        return [self.start(*arguments, RANK=str(rank), WORLD_SIZE=str(size), LOCAL_RANK=str(rank),
                           LOCAL_WORLD_SIZE=str(size), MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
                for rank in range(size)]

    def run_over_file(self, size, *arguments):
        return [self.start("--dist-url", f"file://{self.file}", "--world-size", size, "--rank", rank, *arguments)
                for rank in range(size)]

    def all_done(self, processes):
        size = len(processes)
        for rank, process in enumerate(processes):
            code, out, err = end(process)
            self.assertEqual((code, out), (0, f"rank {rank} of {size}, local {rank} of {size}: done\n"), err)

    def fails(self, process, *words):
        """The process ends with an error that has the words."""
        code, _, err = end(process)
        self.assertEqual(code, 1, err)
        for word in words:
            self.assertIn(word, err)
        return err

    # --- How they meet ----------------------------------------------------------------------------------------------

    def test_one_process_is_alone(self):
        self.assertEqual(end(self.start())[:2], (0, "alone: done\n"))

    def test_over_tcp(self):
        self.all_done(self.run_over_tcp(3))

    def test_over_a_file(self):
        self.all_done(self.run_over_file(3))

    def test_signs_of_life_do_not_fill_a_file(self):
        processes = self.run_over_file(2, "--fault", "hang", "--at", 1, "--timeout", 600000)

        def beats():
            return self.file.read_bytes().count(b"/beat/") if self.file.exists() else 0

        until = time.monotonic() + LONGEST
        while beats() < 2 and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(3)
        self.assertEqual([process.poll() for process in processes], [None, None])
        self.assertEqual(beats(), 2)

    def test_over_a_file_that_a_killed_run_has_left(self):
        for process in self.run_over_file(2, "--fault", "kill", "--at", 1, "--timeout", 6000):
            end(process)
        self.assertTrue(self.file.exists())
        self.all_done(self.run_over_file(2))

    def test_local_ranks_follow_from_the_hosts_where_nobody_says_them(self):
        port = free_port()
        self.all_done([self.start("--dist-url", f"tcp://127.0.0.1:{port}", "--world-size", 2, "--rank", rank)
                       for rank in range(2)])

    def torchrun(self, *arguments):
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", *arguments]
        process = subprocess.Popen(command, env=clean_environment(), text=True, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.started.append(process)
        return end(process)

    def test_under_torchrun(self):
        code, out, err = self.torchrun("--no-python", WORKER)
        self.assertEqual((code, sorted(out.splitlines())),
                         (0, [f"rank {rank} of 2, local {rank} of 2: done" for rank in range(2)]), err)

    def test_started_anew_by_torchrun(self):
        code, out, err = self.torchrun("--max-restarts=1", "--no-python", WORKER, "--fault", "throw", "--at", "1",
                                       "--timeout", "10000")
        self.assertEqual((code, sorted(out.splitlines())),
                         (0, [f"rank {rank} of 2, local {rank} of 2: done" for rank in range(2)]), err)
        self.assertIn("the disk is full", err)

    def test_on_two_hosts(self):
        names = [f"hearth{os.getpid()}{side}" for side in "ab"]

        def ip(*words):
            return subprocess.run(["ip", *words], capture_output=True, text=True)

        made = shutil.which("ip") is not None and all(ip("netns", "add", name).returncode == 0 for name in names)
        try:
            made = made and ip("link", "add", "hearth0", "netns", names[0], "type", "veth", "peer", "name", "hearth0",
                               "netns", names[1]).returncode == 0
            if made:
                for number, name in enumerate(names, 1):
                    for words in (("addr", "add", f"10.213.7.{number}/24", "dev", "hearth0"),
                                  ("link", "set", "hearth0", "up"), ("link", "set", "lo", "up")):
                        self.assertEqual(ip("-n", name, *words).returncode, 0)
                hosts = [("ip", "netns", "exec", name) for name in names]
                master = "10.213.7.1"
            else:
                print("test_on_two_hosts: no network name spaces can be made here: two loopback addresses instead",
                      file=sys.stderr)
                hosts, master = [(), ()], "127.0.0.2"
            port = free_port()
            processes = [self.start("--dist-url", f"tcp://{master}:{port}", "--world-size", 2, "--rank", rank,
                                    prefix=hosts[rank]) for rank in range(2)]
            for rank, process in enumerate(processes):
                code, out, err = end(process)
                local = "local 0 of 1" if made else f"local {rank} of 2"
                self.assertEqual((code, out), (0, f"rank {rank} of 2, {local}: done\n"), err)
        finally:
            for name in names:
                ip("netns", "del", name)

    def test_on_two_hosts_of_which_one_calls_itself_by_a_loopback_address(self):
        """As on Debian, whose /etc/hosts has 127.0.1.1 for the host's own name; and its network of containers is older.
        Between two processes, Gloo connects from the higher address to the lower.
        """
        names = [f"hearth{os.getpid()}{side}" for side in "cd"]
        settings = [pathlib.Path("/etc/netns", name) for name in names]  # what ip netns exec shows as /etc

        def ip(*words):
            return subprocess.run(["ip", *words], capture_output=True, text=True)

        if shutil.which("ip") is None or not all(ip("netns", "add", name).returncode == 0 for name in names):
            for name in names:
                ip("netns", "del", name)
            self.skipTest("no network name spaces can be made here")
        try:
            if ip("-n", names[0], "link", "add", "docker0", "type", "veth", "peer", "name", "docker1").returncode != 0:
                self.skipTest("no virtual networks can be made here")
            self.assertEqual(ip("link", "add", "hearth0", "netns", names[0], "type", "veth", "peer", "name", "hearth0",
                                "netns", names[1]).returncode, 0)
            for words in (("addr", "add", "172.17.0.1/16", "dev", "docker0"), ("link", "set", "docker0", "up"),
                          ("link", "set", "docker1", "up")):
                self.assertEqual(ip("-n", names[0], *words).returncode, 0)
            for number, name in enumerate(names, 1):
                for words in (("addr", "add", f"192.168.213.{number}/24", "dev", "hearth0"),
                              ("link", "set", "hearth0", "up"), ("link", "set", "lo", "up"),
                              ("route", "add", "default", "dev", "hearth0")):
                    self.assertEqual(ip("-n", name, *words).returncode, 0)
            for folder, address in zip(settings, ("127.0.1.1", "192.168.213.1")):
                folder.mkdir(parents=True)
                (folder / "hosts").write_text(f"127.0.0.1 localhost\n{address} hearth-main\n")
                (folder / "nsswitch.conf").write_text("hosts: files\n")  # nobody answers questions about names
            port = free_port()
            processes = [self.start("--dist-url", f"tcp://hearth-main:{port}", "--world-size", 2, "--rank", rank,
                                    "--timeout", 10000, prefix=("ip", "netns", "exec", names[rank]))
                         for rank in range(2)]
            for rank, process in enumerate(processes):
                code, out, err = end(process)
                self.assertEqual((code, out), (0, f"rank {rank} of 2, local 0 of 1: done\n"), err)
        finally:
            for name, folder in zip(names, settings):
                ip("netns", "del", name)
                shutil.rmtree(folder, ignore_errors=True)

    def test_some_end_earlier_than_others(self):
        port = free_port()
        self.all_done([self.start("--linger", 800 * rank, "--timeout", 6000, RANK=str(rank), WORLD_SIZE="3",
                                  LOCAL_RANK=str(rank), LOCAL_WORLD_SIZE="3", MASTER_ADDR="127.0.0.1",
                                  MASTER_PORT=str(port)) for rank in range(3)])

    # --- When one is at fault ---------------------------------------------------------------------------------------

    def test_one_is_killed(self):
        for meet, last in ((self.run_over_tcp, 2), (self.run_over_file, 1)):
            with self.subTest(meet=meet.__name__):
                processes = meet(3, "--fault", "kill", "--at", last, "--timeout", 6000)
                self.assertEqual(end(processes[last])[0], -signal.SIGKILL)
                for rank in range(3):
                    if rank != last:
                        self.fails(processes[rank], f"rank {last} has gone", "epoch 1, batch")

    def test_the_one_with_the_store_is_killed(self):
        processes = self.run_over_tcp(3, "--fault", "kill", "--at", 0, "--timeout", 6000)
        self.assertEqual(end(processes[0])[0], -signal.SIGKILL)
        for process in processes[1:]:
            self.fails(process, "rank 0, which keeps the store, has gone")

    def stop(self, stopped, words):
        processes = self.run_over_tcp(3, "--fault", "stop", "--at", stopped, "--timeout", 6000)
        for rank in range(3):
            if rank != stopped:
                self.fails(processes[rank], words)
        self.assertIsNone(processes[stopped].poll())
        processes[stopped].send_signal(signal.SIGCONT)
        self.fails(processes[stopped], "dist: ")

    def test_one_is_stopped_and_goes_on_too_late(self):
        self.stop(1, "rank 1 has gone (no sign of life")

    def test_the_one_with_the_store_is_stopped_and_goes_on_too_late(self):
        self.stop(0, "rank 0, which keeps the store, does not answer")

    def test_one_throws(self):
        processes = self.run_over_tcp(3, "--fault", "throw", "--at", 1, "--timeout", 6000)
        self.fails(processes[1], "error: the disk is full")
        for rank in (0, 2):
            self.fails(processes[rank], "dist: rank 1 failed: the disk is full")

    def test_the_one_with_the_store_throws(self):
        processes = self.run_over_tcp(3, "--fault", "throw", "--at", 0, "--timeout", 6000)
        for rank in (1, 2):
            self.fails(processes[rank], "dist: rank 0 failed: the disk is full")

    def test_one_does_not_go_on(self):
        processes = self.run_over_tcp(3, "--fault", "hang", "--at", 2, "--timeout", 3000)
        for rank in (0, 1):
            self.fails(processes[rank], "rank 2 does not go on: it has been in epoch 1, batch 3 for")

    def test_one_has_left_while_others_wait(self):
        processes = self.run_over_tcp(3, "--fault", "leave", "--at", 2, "--timeout", 6000)
        for rank in (0, 1):
            self.fails(processes[rank], "rank 2 has ended, but rank")

    # --- When they cannot meet --------------------------------------------------------------------------------------

    def test_the_port_is_in_use(self):
        with socket.socket() as taken:
            taken.bind(("", 0))
            taken.listen()
            port = taken.getsockname()[1]
            process = self.start(RANK="0", WORLD_SIZE="2", LOCAL_RANK="0", LOCAL_WORLD_SIZE="2",
                                 MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
            self.fails(process, f"port {port} is in use on this host", "MASTER_PORT")

    def test_the_host_is_unknown(self):
        process = self.start("--dist-url", "tcp://there.is.no.such.host.invalid:29500", "--world-size", 2, "--rank", 1,
                             "--timeout", 1000)
        self.fails(process, 'the host "there.is.no.such.host.invalid"', "is unknown")

    def test_nobody_answers(self):
        port = free_port()
        process = self.start("--dist-url", f"tcp://127.0.0.1:{port}", "--world-size", 2, "--rank", 1, "--timeout", 1000)
        self.fails(process, f"nobody has answered at 127.0.0.1:{port}", "Connection refused")

    def test_some_have_not_come(self):
        port = free_port()
        processes = [self.start("--dist-url", f"tcp://127.0.0.1:{port}", "--world-size", 4, "--rank", rank,
                                "--timeout", 2000) for rank in (0, 2)]
        for process in processes:
            self.fails(process, "2 of 4 processes have not come within the time-out: ranks 1, 3")

    def test_sizes_differ(self):
        port = free_port()
        processes = [self.start("--dist-url", f"tcp://127.0.0.1:{port}", "--world-size", 2 + rank, "--rank", rank,
                                "--timeout", 5000) for rank in (0, 1)]
        for process in processes:
            self.fails(process, "WORLD_SIZE is 2 for rank 0 and 3 for rank 1")

    def test_two_have_the_same_rank(self):
        port = free_port()
        processes = [self.start("--dist-url", f"tcp://127.0.0.1:{port}", "--world-size", 3, "--rank", rank,
                                "--timeout", 5000) for rank in (0, 1, 1)]
        for process in processes:
            self.fails(process, "two processes have rank 1")

    def test_two_have_rank_0_in_one_file(self):
        processes = [self.start("--dist-url", f"file://{self.file}", "--world-size", 2, "--rank", 0, "--timeout", 3000)
                     for _ in range(2)]
        errors = [self.fails(process, "dist: ") for process in processes]
        self.assertTrue(any("two processes have rank 0" in error for error in errors), errors)

    def test_the_folder_of_the_file_is_not_there(self):
        process = self.start("--dist-url", "file:///there/is/no/store", "--world-size", 2, "--rank", 0)
        self.fails(process, "there is no folder /there/is/no")

    def test_the_backend_is_not_there(self):
        processes = self.run_over_tcp(2, "--backend", "nccl", "--timeout", 5000)
        for process in processes:
            self.fails(process, "the backend is nccl")


def run_one(test):
    result = unittest.TestResult()
    begin = time.monotonic()
    test.run(result)
    return test, result, time.monotonic() - begin


def main():
    """Runs several tests at a time: they wait most of the time."""
    chosen = sys.argv[3:]
    tests = [test for test in unittest.defaultTestLoader.loadTestsFromTestCase(Processes)
             if not chosen or any(word in test.id() for word in chosen)]
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for test, result, seconds in pool.map(run_one, tests):
            wrong = result.failures + result.errors
            failed += bool(wrong)
            print(f"{'FAILED' if wrong else 'ok':6}  {test.id().split('.')[-1]}  {seconds:.1f} s", flush=True)
            for _, trace in wrong:
                print(trace)
    print(f"{len(tests)} tests, {failed} failed")
    return 1 if failed or not tests else 0


if __name__ == "__main__":
    sys.exit(main())
