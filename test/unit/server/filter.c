/* filter.c: each forbidden act ends the process that tries it; what a server does goes on. */
#include "test.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/internal.h"

static void run_program(void)
{
    execl("/bin/true", "true", (char *)NULL);
}
static void trace(void)
{
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}
static void read_memory(void)
{
    syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
}
static void mount_something(void)
{
    mount("none", "/mnt", "tmpfs", 0, NULL);
}
static void unmount_something(void)
{
    umount2("/nonexistent", 0);
}
static void change_root(void)
{
    if (chroot("/nonexistent") != 0)
        return;
}
static void use_bpf(void)
{
    syscall(SYS_bpf, 0, NULL, 0);
}
static void use_keys(void)
{
    syscall(SYS_keyctl, 0, 0);
}
static void load_module(void)
{
    syscall(SYS_init_module, NULL, 0, "");
}
static void leave_namespace(void)
{
    syscall(SYS_unshare, 0);
}
static void set_clock(void)
{
    syscall(SYS_clock_settime, 0, NULL);
}
static void watch_performance(void)
{
    syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0);
}

/* How a child ends that does this under the filter: a signal's number, or 1000 + its exit code. */
static int end_of(void (*act)(void))
{
    const pid_t child = fork();
    int status = 0;

    if (child == 0) {
        if (filter_start() != OK)
            _exit(99);
        act();
        _exit(7);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 1000 + WEXITSTATUS(status);
}

TEST(forbidden_acts_end_the_process)
{
    static void (*const acts[])(void) = { run_program, trace,    read_memory, mount_something, unmount_something, change_root,
                                          use_bpf,     use_keys, load_module, leave_namespace, set_clock,         watch_performance };

    if (RUNNING_ON_VALGRIND)
        skip(); /* valgrind itself does what the filter forbids */
    for (size_t i = 0; i < COUNTOF(acts); i++)
        assert_int_equal(end_of(acts[i]), SIGSYS);
}

static void *nothing(void *arg)
{
    return arg;
}

static void live(void)
{
    static const int families[] = { AF_INET, AF_INET6, AF_UNIX };
    pthread_t thread;

    for (size_t i = 0; i < COUNTOF(families); i++)
        if (close(socket(families[i], SOCK_STREAM, 0)) != 0)
            _exit(1);
    if (socket(AF_NETLINK, SOCK_RAW, 0) >= 0 || errno != EAFNOSUPPORT)
        _exit(2);
    if (syscall(SYS_io_uring_setup, 1, NULL) != -1 || errno != ENOSYS)
        _exit(5);
    if (pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0)
        _exit(3);
    if (access("/", R_OK) != 0)
        _exit(4);
}

TEST(sockets_threads_and_files_go_on)
{
    if (RUNNING_ON_VALGRIND)
        skip(); /* valgrind itself does what the filter forbids */
    assert_int_equal(end_of(live), 1007);
}
