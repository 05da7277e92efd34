# SPDX-License-Identifier: BSD-2-Clause
# The page tables in force where user programs begin: starts the machine given as a command, stops it at the first instruction of each of the
# first programs through QEMU's GDB stub, and prints "info mem" of every stop there in user mode, after a line "stop N".
#   user_tables.py ADDRESS STOPS SOCKET COMMAND...
# Protocol: GDB manual, appendix E, "Remote Serial Protocol". A stop that does not come within 60 s is an error.
import os, re, socket, subprocess, sys, time

class Stub:
    def __init__(self, path, machine):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(60)
        self.waiting = b""
        for _ in range(200):
            try:
                return self.socket.connect(path)
            except OSError:
                if machine.poll() is not None:
                    sys.exit(f"the machine has ended with status {machine.returncode}")
                time.sleep(0.05)
        sys.exit("no GDB stub at " + path)

    # One packet; what came with it waits for the next call.
    def receive(self):
        while not (packet := re.search(rb"\$([^#]*)#..", self.waiting)):
            part = self.socket.recv(65536)
            if not part:
                sys.exit("the machine has ended before the last stop")
            self.waiting += part
        self.waiting = self.waiting[packet.end():]
        self.socket.sendall(b"+")
        return packet.group(1).decode("latin-1")

    def ask(self, text):
        self.socket.sendall(b"$%s#%02x" % (text.encode(), sum(text.encode()) & 0xFF))
        return self.receive()

    # Output of a monitor's command comes in packets of "O" and hexadecimal digits, the last is "OK".
    def monitor(self, command):
        output, reply = "", self.ask("qRcmd," + command.encode().hex())
        while reply != "OK":
            if not re.fullmatch("O([0-9a-f]{2})+", reply):
                sys.exit(f"monitor: {command}: {reply}")
            output += bytes.fromhex(reply[1:]).decode()
            reply = self.receive()
        return output.replace("\r", "")

def main(address, stops, path, command):
    machine = subprocess.Popen(command + ["-S", "-gdb", f"unix:{path},server=on,wait=off"], stdin=subprocess.DEVNULL)
    try:
        stub = Stub(path, machine)
        if stub.ask(f"Z0,{address:x},1") != "OK":
            sys.exit("the stub takes no breakpoint")
        for stop in range(stops):
            if not stub.ask("c").startswith("T05"):
                sys.exit("not a stop at a breakpoint")
            registers = stub.monitor("info registers")
            if "CPL=3" not in registers or int(re.search("RIP=([0-9a-f]+)", registers).group(1), 16) != address:
                sys.exit(f"stop {stop} is not in user mode at {address:#x}")
            print("stop", stop)
            print(stub.monitor("info mem"), end="")
    except socket.timeout:
        sys.exit("no stop within 60 s")
    finally:
        machine.kill()
        machine.wait()
        if os.path.exists(path):
            os.unlink(path)

main(int(sys.argv[1], 16), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
