/* A plugin of qemu's user emulation: counts the instructions a program executes, and writes the count down
 * whenever the program makes a system call that no kernel has. Loaded as -plugin counter.so,out=FILE.
 *
 * Written without qemu's own header, which most systems do not install: the few functions used are declared
 * here as its documentation has them (docs/devel/tcg-plugins). EDGEBENCH_API is the version of that interface:
 * 1 up to qemu 8, at least 2 from qemu 9 on, where a counter belongs to each thread. EDGEBENCH_MARK is the
 * number of the system call, whose first argument is written beside the count.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
enum operation { ADD = 0 };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*call)(plugin_id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_syscall_cb(
    plugin_id id, void (*call)(plugin_id, unsigned, int64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t,
                               uint64_t, uint64_t, uint64_t));

__attribute__((visibility("default"))) int qemu_plugin_version = EDGEBENCH_API;

static int out = -1;

#if EDGEBENCH_API < 2
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, enum operation operation,
                                              void *counter, uint64_t more);
static uint64_t executed;
static void prepare(void) {}
static uint64_t total(void) { return executed; }
static void count(struct qemu_plugin_tb *block)
{
    qemu_plugin_register_vcpu_tb_exec_inline(block, ADD, &executed, qemu_plugin_tb_n_insns(block));
}
#else
struct counter {
    void *board;
    size_t offset;
};
void *qemu_plugin_scoreboard_new(size_t size);
uint64_t qemu_plugin_u64_sum(struct counter counter);
void qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(struct qemu_plugin_tb *block, enum operation operation,
                                                       struct counter counter, uint64_t more);
static struct counter executed;
static void prepare(void) { executed.board = qemu_plugin_scoreboard_new(sizeof(uint64_t)); }
static uint64_t total(void) { return qemu_plugin_u64_sum(executed); }
static void count(struct qemu_plugin_tb *block)
{
    qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(block, ADD, executed, qemu_plugin_tb_n_insns(block));
}
#endif

static void translated(plugin_id id, struct qemu_plugin_tb *block) { count(block); }

static void called(plugin_id id, unsigned cpu, int64_t number, uint64_t mark, uint64_t b, uint64_t c,
                   uint64_t d, uint64_t e, uint64_t f, uint64_t g, uint64_t h)
{
    if (number == EDGEBENCH_MARK)
        dprintf(out, "%llu %llu\n", (unsigned long long)mark, (unsigned long long)total());
}

__attribute__((visibility("default"))) int qemu_plugin_install(plugin_id id, const void *info, int argc,
                                                               char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strncmp(argv[i], "out=", 4) == 0)
            out = open(argv[i] + 4, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (out < 0) {
        fprintf(stderr, "the counting plugin cannot write its file\n");
        return 1;
    }
    dprintf(out, "edgebench-counter %d\n", EDGEBENCH_VERSION);
    prepare();
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_vcpu_syscall_cb(id, called);
    return 0;
}
