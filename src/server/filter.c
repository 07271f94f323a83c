/* filter.c: system calls that a server never makes and an intruder wants. They end the process; sockets of other families than
 * inet, inet6 and unix are refused with an error, because the resolver asks for one and does without. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "server/internal.h"

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#define FOREIGN_NUMBERS 0x40000000U /* the x32 calls */
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#define FOREIGN_NUMBERS 0x80000000U
#endif

#ifdef OUR_ARCH
static const unsigned forbidden[] = {
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_unshare,
    SYS_setns,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_reboot,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_adjtimex,
    SYS_personality,
    SYS_quotactl,
    SYS_open_by_handle_at,
    SYS_mknodat,
    SYS_vhangup,
    SYS_syslog,
};

static const unsigned families[] = { AF_UNIX, AF_INET, AF_INET6 };

typedef struct Program {
    struct sock_filter code[256];
    unsigned short n;
} Program;

static void add(Program *program, unsigned code, unsigned k, unsigned yes, unsigned no)
{
    program->code[program->n++] = (struct sock_filter){ (uint16_t)code, (uint8_t)yes, (uint8_t)no, k };
}

/* If the loaded word is `k`, the answer is `action`. */
static void when(Program *program, unsigned k, unsigned action)
{
    add(program, BPF_JMP | BPF_JEQ | BPF_K, k, 0, 1);
    add(program, BPF_RET | BPF_K, action, 0, 0);
}

static void load(Program *program, size_t offset)
{
    add(program, BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0);
}

static void build(Program *program)
{
    load(program, offsetof(struct seccomp_data, arch));
    add(program, BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0);
    add(program, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
    load(program, offsetof(struct seccomp_data, nr));
    add(program, BPF_JMP | BPF_JGE | BPF_K, FOREIGN_NUMBERS, 0, 1);
    add(program, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
    for (size_t i = 0; i < COUNTOF(forbidden); i++)
        when(program, forbidden[i], SECCOMP_RET_KILL_PROCESS);
    when(program, SYS_io_uring_setup, SECCOMP_RET_ERRNO | ENOSYS); /* its calls pass no filter; libuv does without */
    add(program, BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0);
    add(program, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
    load(program, offsetof(struct seccomp_data, args[0]));
    for (size_t i = 0; i < COUNTOF(families); i++)
        when(program, families[i], SECCOMP_RET_ALLOW);
    add(program, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT, 0, 0);
}

Err filter_start(void)
{
    Program program = { .n = 0 };
    struct sock_fprog filter = { .filter = program.code };

    build(&program);
    filter.len = program.n;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) != 0)
        return E_IO;
    return OK;
}
#else
Err filter_start(void)
{
    return E_IO;
}
#endif
