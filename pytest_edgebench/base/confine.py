"""Confines itself, then becomes another program: ``python -I -S confine.py JSON PROGRAM [WORD ...]``.

The standard library only, and no import of this package, so that it starts in a few milliseconds. Works on
Linux without privileges, and in containers that allow no namespaces:

- files by Landlock (https://docs.kernel.org/userspace-api/landlock.html): all is denied but what JSON lists;
  processes outside can be neither traced nor, from version 6 on, signalled;
- the network and what could undo the rest by a seccomp filter
  (https://docs.kernel.org/userspace-api/seccomp_filter.html);
- no core file (it would hold the model's inputs) and no file of more than 4 GiB.

JSON: ``{"read": [paths], "write": [paths], "files": bool, "network": bool, "memory": bool}``; the last one
for a worker that is asked for its peak memory. Ends with status 97 and a line on the standard error where one
of them cannot be had.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import platform
import resource
import struct
import sys

FAILED = 97
CLEAR_REFS = "EDGEBENCH_CLEAR_REFS"
"""Variable with a descriptor of ``/proc/self/clear_refs``, which the worker may not open itself."""
LARGEST_FILE = 4 << 30

# <linux/landlock.h>; the system calls have the same numbers on all processors.
CREATE, ADD_RULE, RESTRICT = 444, 445, 446
VERSION_FLAG, PATH_BENEATH = 1, 1
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
TRUNCATE, IOCTL_DEVICE = 1 << 14, 1 << 15
OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEVICE
RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
TCP, SCOPES = 0b11, 0b11

PR_CAPBSET_DROP, CAPABILITIES = 24, 64
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
PR_SET_NO_NEW_PRIVS, PR_GET_SECCOMP, PR_SET_SECCOMP, FILTER = 38, 21, 22, 2
# <linux/audit.h>, and the numbers of <asm/unistd.h>: what reaches the network, other processes or the kernel,
# and what Landlock does not see of files: their modes, owners, times and attributes by path, and what is read
# in a folder by watching it.
DENIED = {
    "x86_64": (
        0xC000003E,
        # socket, ptrace, process_vm_readv, process_vm_writev, keyctl, add_key, request_key, bpf,
        # io_uring_setup, pidfd_getfd, mount, umount2, unshare, setns, open_by_handle_at, userfaultfd
        (41, 101, 310, 311, 250, 248, 249, 321, 425, 438, 165, 166, 272, 308, 304, 323,
        # shmget, shmat, shmctl, semget, semop, semctl, semtimedop, msgget, msgsnd, msgrcv, msgctl, mq_open,
        # mq_unlink
         29, 30, 31, 64, 65, 66, 220, 68, 69, 70, 71, 240, 241,
        # chmod, fchmodat, fchmodat2, chown, lchown, fchownat, utime, utimes, futimesat, utimensat
         90, 268, 452, 92, 94, 260, 132, 235, 261, 280,
        # setxattr, lsetxattr, setxattrat, removexattr, lremovexattr, removexattrat, file_setattr
         188, 189, 463, 197, 198, 466, 469,
        # inotify_add_watch, fanotify_mark; setsid and setpgid, by which a child outlives the worker's group
         254, 301, 112, 109),
    ),
    "aarch64": (
        0xC00000B7,
        (198, 117, 270, 271, 219, 217, 218, 280, 425, 438, 40, 39, 97, 268, 265, 282,
         194, 196, 195, 190, 193, 191, 192, 186, 189, 188, 187, 180, 181,
         53, 452, 54, 88,
         5, 6, 463, 14, 15, 466, 469,
         27, 263, 157, 154),
    ),
}  # fmt: skip
# Allowed only with an argument that has, of the bits of a mask, just these: (number, argument, mask, bits).
LIMITED = {
    # socketpair of streams (a datagram socket sends to any address), prlimit64 of itself, clone without
    # namespaces
    "x86_64": ((53, 1, 0xF, 1), (302, 0, 0xFFFFFFFF, 0), (56, 0, 0x7E020000, 0)),
    "aarch64": ((199, 1, 0xF, 1), (261, 0, 0xFFFFFFFF, 0), (220, 0, 0x7E020000, 0)),
}
CLONE3 = 435  # its flags lie in memory, where no filter looks; without it libraries use clone
X32 = 0x40000000
LOAD, EQUAL, AT_LEAST, AND, RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
OF_ARGUMENTS = 16  # where they begin in what a filter sees, 8 bytes each
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000


def landlock() -> int:
    """The version of Landlock that this kernel has, 0 for none."""
    if sys.platform != "linux":
        return 0
    return max(0, int(_libc().syscall(CREATE, None, ctypes.c_size_t(0), VERSION_FLAG)))


def seccomp() -> bool:
    """Whether this kernel filters system calls, of a processor that is known here."""
    if sys.platform != "linux" or platform.machine() not in DENIED:
        return False
    return bool(_libc().prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0)


def only_files(read: list[str], write: list[str]) -> None:
    """Allow these files and folders, with all that is below, and no other.

    Raises:
        OSError: the kernel refuses.
    """
    version = landlock()
    handled = RIGHTS[min(version, 5)]
    attributes = struct.pack("=QQQ", handled, TCP if version >= 4 else 0, SCOPES if version >= 6 else 0)
    attributes = attributes[: 24 if version >= 6 else 16 if version >= 4 else 8]
    rules = _call(CREATE, ctypes.c_char_p(attributes), ctypes.c_size_t(len(attributes)), 0)
    reading = EXECUTE | READ_FILE | READ_DIR
    for paths, rights in ((read, reading), (write, handled & ~EXECUTE)):
        for path in paths:
            _allow(rules, path, rights & handled)
    _few_capabilities()
    _no_new_privileges()
    _call(RESTRICT, rules, 0)
    os.close(rules)


def no_network() -> None:
    """Refuse to open sockets, and system calls that reach other processes or what Landlock does not see.

    Raises:
        OSError: the kernel refuses.
    """
    machine, numbers = DENIED[platform.machine()]
    steps = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, machine), (RETURN, 0, 0, KILL), (LOAD, 0, 0, 0)]
    if platform.machine() == "x86_64":  # the same calls with other numbers
        steps += [(AT_LEAST, 0, 1, X32), (RETURN, 0, 0, KILL)]
    for number in numbers:
        steps += [(EQUAL, 0, 1, number), (RETURN, 0, 0, REFUSE | errno.EACCES)]
    for number, argument, mask, bits in LIMITED[platform.machine()]:
        steps += [(EQUAL, 0, 5, number), (LOAD, 0, 0, OF_ARGUMENTS + 8 * argument), (AND, 0, 0, mask)]
        steps += [(EQUAL, 1, 0, bits), (RETURN, 0, 0, REFUSE | errno.EACCES), (RETURN, 0, 0, ALLOW)]
    steps += [(EQUAL, 0, 1, CLONE3), (RETURN, 0, 0, REFUSE | errno.ENOSYS)]
    steps.append((RETURN, 0, 0, ALLOW))
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(steps), ctypes.addressof(held))
    _no_new_privileges()
    if _libc().prctl(PR_SET_SECCOMP, FILTER, ctypes.c_char_p(program), 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there need not be allowed
    try:
        if not os.path.isdir(path):  # noqa: PTH112 - pathlib takes as long to import as all of this
            rights &= OF_A_FILE
        rule = struct.pack("=Qi", rights, place)
        _call(ADD_RULE, rules, PATH_BENEATH, ctypes.c_char_p(rule), 0)
    finally:
        os.close(place)


def _few_capabilities() -> None:
    """Of root's capabilities leave the next program those that read files of others: with CAP_PERFMON, say,
    it reads the variables of all processes, which Landlock does not see. An ordinary user has none."""
    for capability in set(range(CAPABILITIES)) - {CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH}:
        _libc().prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # refused where there is none to drop
    _libc().prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)


def _no_new_privileges() -> None:
    if _libc().prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _call(number: int, *arguments: object) -> int:
    found = _libc().syscall(number, *arguments)
    if found < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(found)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _keep_clear_refs() -> None:
    """Open what the worker may not: writing there resets the peak of the memory it has used."""
    with contextlib.suppress(OSError):  # not everywhere allowed
        descriptor = os.open("/proc/self/clear_refs", os.O_WRONLY)
        os.set_inheritable(descriptor, True)
        os.environ[CLEAR_REFS] = str(descriptor)


def main(given: str, *program: str) -> None:
    """Confine, then run; does not come back."""
    wanted = json.loads(given)
    if wanted["memory"]:
        _keep_clear_refs()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    limit = LARGEST_FILE if most == resource.RLIM_INFINITY else min(most, LARGEST_FILE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        if wanted["files"]:
            only_files(wanted["read"], wanted["write"])
        if wanted["network"]:
            no_network()
    except OSError as cause:
        sys.stderr.write(f"the sandbox cannot be had: {cause}\n")
        sys.exit(FAILED)
    os.execvpe(program[0], list(program), os.environ)


if __name__ == "__main__":
    main(*sys.argv[1:])
