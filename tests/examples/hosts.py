"""Two hosts on one machine: network namespaces with a cable between them, which may be a bad one.

Root makes them with iproute2. A bad cable is `tc netem` where the kernel has it; otherwise a process that hands packets
on between two TUN devices, late, and not all of them.

    python3 tests/examples/hosts.py FILE_A FILE_B DELAY LOSS     that process: the namespaces' files, seconds, a share
"""

import collections
import ctypes
import fcntl
import os
import random
import select
import struct
import subprocess
import sys
import time
import uuid

NETEM = ["netem", "delay", "20ms", "loss", "1%"]
DELAY, LOSS = 0.020, 0.01
NETWORK = "10.213.7."


def ip(*words, check=True):
    return subprocess.run(["ip", *words], check=check, capture_output=True, encoding="utf-8")


def why_not():
    """Why there cannot be namespaces here; empty: there can."""
    if os.geteuid() != 0:
        return "this user is not root, and may make no network namespaces"
    try:
        name = f"hearth-{uuid.uuid4().hex[:12]}"
        made = ip("netns", "add", name, check=False)
        if made.returncode == 0:
            ip("netns", "del", name)
            return ""
        return f"no network namespace can be made: {made.stderr.strip()}"
    except FileNotFoundError:
        return "there is no ip (Debian's iproute2)"


class Hosts:
    """Two namespaces, which end with the test. The addresses are 10.213.7.1 and 10.213.7.2, in any number of tests at
    once: no other namespace sees them."""

    def __init__(self, test, is_bad=False):
        mark = uuid.uuid4().hex[:12]
        self.names = [f"hearth-{mark}-{number}" for number in (0, 1)]
        self.addresses = [f"{NETWORK}{number}" for number in (1, 2)]
        self.bad = ""  # how the cable is bad
        self.forwarder = None
        test.addCleanup(self.remove)
        for name in self.names:
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        ip("link", "add", "cable", "netns", self.names[0], "type", "veth", "peer", "name", "cable", "netns",
           self.names[1])
        if is_bad:
            self.bad = "tc netem" if self.damage() else "a process between TUN devices"
        if self.bad.startswith("a process"):
            self.replace_cable()
        for name, address in zip(self.names, self.addresses):
            ip("-n", name, "address", "add", f"{address}/24", "dev", "cable")
            ip("-n", name, "link", "set", "cable", "up")
        if self.forwarder is not None:
            self.forwarder.stdin.write(b"\n")
            self.forwarder.stdin.flush()

    def damage(self):
        try:
            return all(subprocess.run(["tc", "-n", name, "qdisc", "add", "dev", "cable", "root", *NETEM],
                                      capture_output=True).returncode == 0 for name in self.names)
        except FileNotFoundError:
            return False

    def replace_cable(self):
        ip("-n", self.names[0], "link", "del", "cable")
        self.forwarder = subprocess.Popen([sys.executable, __file__, *(f"/run/netns/{name}" for name in self.names),
                                           str(DELAY), str(LOSS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.forwarder.stdout.readline() == b"ready\n"

    def command(self, host, words):
        return ["ip", "netns", "exec", self.names[host], *words]

    def remove(self):
        if self.forwarder is not None:
            self.forwarder.kill()
            self.forwarder.communicate()
        for name in self.names:
            ip("netns", "del", name, check=False)


def open_tun(namespace):
    """A TUN device named cable in the namespace, which this process is in from now on."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(namespace, "rb") as file:
        if libc.setns(file.fileno(), 0x40000000) != 0:
            raise OSError(ctypes.get_errno(), f"setns {namespace}")
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, 0x400454CA, struct.pack("16sH22x", b"cable", 0x1001))  # TUNSETIFF, IFF_TUN | IFF_NO_PI
    subprocess.run(["ip", "link", "set", "cable", "mtu", "9000", "txqueuelen", "10000"], check=True)
    return device


def forward(first, second, delay, loss):
    """Hands packets on until this process is killed."""
    devices = [open_tun(first), open_tun(second)]
    print("ready", flush=True)
    sys.stdin.readline()
    chance = random.Random(7)
    on_the_way = [collections.deque(), collections.deque()]  # to each device: when, and what
    while True:
        now = time.monotonic()
        due = [queue[0][0] for queue in on_the_way if queue]
        readable, _, _ = select.select(devices, [], [], max(0, min(due) - now) if due else None)
        for device in readable:
            to = 1 - devices.index(device)
            for _ in range(64):
                try:
                    packet = os.read(device, 65536)
                except BlockingIOError:
                    break
                if chance.random() >= loss:
                    on_the_way[to].append((time.monotonic() + delay, packet))
        now = time.monotonic()
        for device, queue in zip(devices, on_the_way):
            while queue and queue[0][0] <= now:
                try:
                    os.write(device, queue[0][1])
                except OSError:  # the device's queue is full, or it is down: a packet is lost
                    pass
                queue.popleft()


if __name__ == "__main__":
    forward(sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4]))
