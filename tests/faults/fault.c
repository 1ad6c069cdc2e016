/* A library for LD_PRELOAD: the n-th call that writes below a folder fails, or ends the process.

FAULT_ROOT   folder, a full path without links.
FAULT_COUNT  a file of 8 bytes: how many such calls there were, in all processes.
FAULT_AT     which of them fails, 1 for the first; 0 for none.
FAULT_WITH   number of the error, or -1 for SIGKILL.
FAULT_LOG    a file that gets a line for each call; may be empty.

A process that was forked is told by `arm` instead.

Counted: open for writing, write, pwrite, writev, ftruncate, fsync, fdatasync, mkdir, rename, link, symlink,
unlink and rmdir. Python's byte code, what pytest keeps for itself and what libraries keep in the home folder
are not.
*/
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *root;
static size_t root_length;
static volatile long *count;
static long at;
static int with;
static int log_file = -1;

/* From now on calls below a folder are counted; an empty one ends it. */
void arm(const char *folder, const char *file, long call, int error, const char *log) {
    root = NULL;
    if (log_file >= 0) syscall(SYS_close, log_file);
    log_file = -1;
    if (!*folder) return;
    int opened = syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC, 0);
    if (opened < 0) return;
    void *found = mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0);
    syscall(SYS_close, opened);
    if (found == MAP_FAILED) return;
    if (*log) log_file = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    at = call;
    with = error;
    count = found;
    root_length = strlen(folder);
    root = strdup(folder);
}

static const char *variable(const char *name) {
    const char *found = getenv(name);
    return found ? found : "";
}

__attribute__((constructor)) static void begin(void) {
    arm(variable("FAULT_ROOT"), variable("FAULT_COUNT"), atol(variable("FAULT_AT")), atoi(variable("FAULT_WITH")),
        variable("FAULT_LOG"));
}

/* Whether a call is counted, and then whether it is the one that fails. */
static int fails(const char *call, const char *path) {
    if (!root || strncmp(path, root, root_length) || path[root_length] != '/') return 0;
    const char *below = path + root_length;
    if (strstr(below, "__pycache__") || !strncmp(below, "/home/", 6) || !strcmp(below, "/tmp/.ses") || strstr(below, "/.pytest_cache/v") || strstr(below, "/.pytest_cache/README.md") ||
        strstr(below, "/.pytest_cache/.gitignore") || strstr(below, "/.pytest_cache/CACHEDIR.TAG") ||
        strstr(below, "/pytest-cache-files-"))
        return 0;
    long now = __sync_add_and_fetch(count, 1);
    if (log_file >= 0) {
        char line[PATH_MAX + 64];
        int length = snprintf(line, sizeof line, "%ld %s %s\n", now, call, below);
        if (length > 0) syscall(SYS_write, log_file, line, (size_t)length);
    }
    if (now != at) return 0;
    if (with < 0) {
        syscall(SYS_kill, getpid(), SIGKILL);
        for (;;) pause();
    }
    errno = with;
    return 1;
}

static int fails_at(const char *call, int folder, const char *path) {
    char whole[PATH_MAX];
    if (!root || !path) return 0;
    if (path[0] == '/') return fails(call, path);
    char link[64];
    snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
    ssize_t length = readlink(link, whole, sizeof whole - 1);
    if (length < 0) return 0;
    snprintf(whole + length, sizeof whole - length, "/%s", path);
    return fails(call, whole);
}

static int fails_on(const char *call, int file) {
    char link[64], path[PATH_MAX];
    if (!root) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return fails(call, path);
}

#define REAL(type, name, ...)                                                                                          \
    static type (*real)(__VA_ARGS__);                                                                                  \
    if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

#define WRITES(flags) (((flags) & O_ACCMODE) != O_RDONLY || ((flags) & O_CREAT))

#define OPEN(symbol)                                                                                                   \
    int symbol(const char *path, int flags, ...) {                                                                     \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;                                      \
        va_end(rest);                                                                                                  \
        REAL(int, #symbol, const char *, int, ...);                                                                    \
        if (WRITES(flags) && fails_at("open", AT_FDCWD, path)) return -1;                                              \
        return real(path, flags, mode);                                                                                \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(symbol)                                                                                                 \
    int symbol(int folder, const char *path, int flags, ...) {                                                         \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;                                      \
        va_end(rest);                                                                                                  \
        REAL(int, #symbol, int, const char *, int, ...);                                                               \
        if (WRITES(flags) && fails_at("open", folder, path)) return -1;                                                \
        return real(folder, path, flags, mode);                                                                        \
    }
OPENAT(openat)
OPENAT(openat64)

#define FOPEN(symbol)                                                                                                  \
    FILE *symbol(const char *path, const char *mode) {                                                                 \
        REAL(FILE *, #symbol, const char *, const char *);                                                             \
        if (strpbrk(mode, "wa+") && fails_at("open", AT_FDCWD, path)) return NULL;                                     \
        return real(path, mode);                                                                                       \
    }
FOPEN(fopen)
FOPEN(fopen64)

#define ON_FILE(type, symbol, list, ...)                                                                               \
    type symbol list {                                                                                                 \
        static type(*real) list;                                                                                       \
        if (!real) real = (type(*) list)dlsym(RTLD_NEXT, #symbol);                                                     \
        if (fails_on(#symbol, file)) return -1;                                                                        \
        return real(__VA_ARGS__);                                                                                      \
    }
ON_FILE(ssize_t, write, (int file, const void *data, size_t size), file, data, size)
ON_FILE(ssize_t, pwrite, (int file, const void *data, size_t size, off_t offset), file, data, size, offset)
ON_FILE(ssize_t, pwrite64, (int file, const void *data, size_t size, off64_t offset), file, data, size, offset)
ON_FILE(ssize_t, writev, (int file, const struct iovec *parts, int number), file, parts, number)
ON_FILE(int, ftruncate, (int file, off_t length), file, length)
ON_FILE(int, ftruncate64, (int file, off64_t length), file, length)
ON_FILE(int, fsync, (int file), file)
ON_FILE(int, fdatasync, (int file), file)

#define ON_PATH(symbol, list, path, ...)                                                                               \
    int symbol list {                                                                                                  \
        static int(*real) list;                                                                                        \
        if (!real) real = (int(*) list)dlsym(RTLD_NEXT, #symbol);                                                      \
        if (fails_at(#symbol, AT_FDCWD, path)) return -1;                                                              \
        return real(__VA_ARGS__);                                                                                      \
    }
ON_PATH(mkdir, (const char *path, mode_t mode), path, path, mode)
ON_PATH(rmdir, (const char *path), path, path)
ON_PATH(unlink, (const char *path), path, path)
ON_PATH(rename, (const char *from, const char *to), to, from, to)
ON_PATH(link, (const char *from, const char *to), to, from, to)
ON_PATH(symlink, (const char *from, const char *to), to, from, to)

int unlinkat(int folder, const char *path, int flags) {
    REAL(int, "unlinkat", int, const char *, int);
    return fails_at("unlinkat", folder, path) ? -1 : real(folder, path, flags);
}
int mkdirat(int folder, const char *path, mode_t mode) {
    REAL(int, "mkdirat", int, const char *, mode_t);
    return fails_at("mkdirat", folder, path) ? -1 : real(folder, path, mode);
}
int renameat(int folder, const char *from, int target, const char *to) {
    REAL(int, "renameat", int, const char *, int, const char *);
    return fails_at("renameat", target, to) ? -1 : real(folder, from, target, to);
}
int linkat(int folder, const char *from, int target, const char *to, int flags) {
    REAL(int, "linkat", int, const char *, int, const char *, int);
    return fails_at("linkat", target, to) ? -1 : real(folder, from, target, to, flags);
}
