/* fiber.c: fibers on ucontext, with pooled stacks behind guard pages. Only the loop resumes a fiber. */
#include <errno.h>
#include <linux/futex.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/clock.h"
#include "run/internal.h"

#if defined(__SANITIZE_ADDRESS__)
#define HAVE_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define HAVE_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAVE_TSAN 1
#endif
#endif
#ifdef HAVE_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef HAVE_TSAN
#include <sanitizer/tsan_interface.h>
#endif
#ifdef HAVE_VALGRIND
#include <valgrind/valgrind.h>
#endif

/* __builtin_longjmp(), which Clang has on x86-64 alone, and not under its ThreadSanitizer: that counts the calls which are left. Other code runs in
 * the middle of these functions: nothing may be concluded from what they are seen to do (noipa). */
#ifndef __clang__
#define HAVE_JUMP 1
#define UNCHECKED __attribute__((noipa, no_sanitize("address", "thread", "undefined")))
#elif defined(__x86_64__) && !defined(HAVE_TSAN)
#define HAVE_JUMP 1
#define UNCHECKED __attribute__((noinline, no_sanitize("address", "undefined")))
#endif

/* Frames are several times larger under sanitizers. */
#if defined(HAVE_ASAN) || defined(HAVE_TSAN)
enum { STACK_SIZE = 512 * 1024 };
#else
enum { STACK_SIZE = 64 * 1024 };
#endif
enum { GUARD_SIZE = 4096, MOST_POOLED = 256, TOP_KEPT = 8192 };

struct Fiber {
    Fiber *next;            /* in the ready list or the pool */
    Fiber *next_remote;     /* in the list of those that other threads woke */
    Fiber *after, **before; /* in the list of all fibers of the loop */
    Loop *loop;
    ucontext_t context;
#ifdef HAVE_JUMP
    void *here[5], *back[5]; /* where it left, where the loop resumed it */
    bool begun;
#else
    ucontext_t back;
#endif
    char *stack; /* lowest usable byte; the guard page lies below */
    void (*fn)(void *arg);
    void *arg;
    const char *name;
    void (*on_kill)(void *arg);
    void *kill_arg;
    jmp_buf *start;
    bool queued, woken, parked, ended, shutdown, late;
    _Atomic bool remote;
    void *fake_stack, *tsan, *tsan_back;
    unsigned valgrind;
};

static _Thread_local Fiber *running;

Fiber *fiber_self(void)
{
    return running;
}

/* ---- switching ---- */

/* A fiber begins by its context and is switched by the compiler's own setjmp: swapcontext() asks the system twice for a signal mask that is always
 * the same, and longjmp() is checked for one stack (by sanitizers and _FORTIFY_SOURCE). */
#ifdef HAVE_JUMP
__attribute__((noreturn)) UNCHECKED static void leave(Fiber *fiber, bool back)
{
    if (back)
        __builtin_longjmp(fiber->back, 1);
    if (fiber->begun)
        __builtin_longjmp(fiber->here, 1);
    fiber->begun = true;
    setcontext(&fiber->context);
    abort();
}

UNCHECKED static void switch_to(Fiber *fiber)
{
    if (__builtin_setjmp(fiber->back) == 0)
        leave(fiber, false);
}

UNCHECKED static void switch_back(Fiber *fiber)
{
    if (__builtin_setjmp(fiber->here) == 0)
        leave(fiber, true);
}
#else
static void switch_to(Fiber *fiber)
{
    swapcontext(&fiber->back, &fiber->context);
}

static void switch_back(Fiber *fiber)
{
    swapcontext(&fiber->context, &fiber->back);
}
#endif

static void to_fiber(Loop *loop, Fiber *fiber)
{
    if (running != NULL)
        abort(); /* only the loop resumes a fiber */
    running = loop->current = fiber;
    fiber->parked = false;
    atomic_store_explicit(&loop->busy_name, fiber->name, memory_order_relaxed);
    atomic_store_explicit(&loop->busy_since, clock_mono_ms(), memory_order_relaxed);
#ifdef HAVE_TSAN
    fiber->tsan_back = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(fiber->tsan, 0);
#endif
#ifdef HAVE_ASAN
    __sanitizer_start_switch_fiber(&loop->asan_stack, fiber->stack, STACK_SIZE);
#endif
    switch_to(fiber);
#ifdef HAVE_ASAN
    __sanitizer_finish_switch_fiber(loop->asan_stack, NULL, NULL);
#endif
    atomic_store_explicit(&loop->busy_since, 0, memory_order_relaxed);
    running = loop->current = NULL;
}

static void to_loop(Fiber *fiber)
{
    const int saved = errno;

#ifdef HAVE_TSAN
    __tsan_switch_to_fiber(fiber->tsan_back, 0);
#endif
#ifdef HAVE_ASAN
    __sanitizer_start_switch_fiber(fiber->ended ? NULL : &fiber->fake_stack, fiber->loop->asan_bottom, fiber->loop->asan_size);
#endif
    switch_back(fiber);
#ifdef HAVE_ASAN
    __sanitizer_finish_switch_fiber(fiber->fake_stack, &fiber->loop->asan_bottom, &fiber->loop->asan_size);
#endif
    errno = saved;
}

/* The first frame of every fiber: it serves one function after another as the stack comes back from the pool. */
static void entry(unsigned high, unsigned low)
{
    Fiber *fiber = (Fiber *)((uintptr_t)high << 32 | low); /* makecontext() passes ints alone */

#ifdef HAVE_ASAN
    __sanitizer_finish_switch_fiber(fiber->fake_stack, &fiber->loop->asan_bottom, &fiber->loop->asan_size);
#endif
    for (;;) {
        jmp_buf start;

        fiber->start = &start;
        if (setjmp(start) == 0)
            fiber->fn(fiber->arg);
        else if (fiber->on_kill != NULL)
            fiber->on_kill(fiber->kill_arg);
        fiber->ended = true;
        to_loop(fiber);
    }
}

/* ---- stacks ---- */

static Fiber *fiber_new(Loop *loop)
{
    char *memory = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
    Fiber *fiber = calloc(1, sizeof(*fiber));

    if (memory == MAP_FAILED || fiber == NULL || mprotect(memory, GUARD_SIZE, PROT_NONE) != 0)
        out_of_memory();
    fiber->stack = memory + GUARD_SIZE;
    fiber->loop = loop;
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = fiber->stack;
    fiber->context.uc_stack.ss_size = STACK_SIZE;
    makecontext(&fiber->context, (void (*)(void))entry, 2, (unsigned)((uintptr_t)fiber >> 32), (unsigned)(uintptr_t)fiber);
#ifdef HAVE_TSAN
    fiber->tsan = __tsan_create_fiber(0);
#endif
#ifdef HAVE_VALGRIND
    fiber->valgrind = VALGRIND_STACK_REGISTER(fiber->stack, fiber->stack + STACK_SIZE);
#endif
    return fiber;
}

static void fiber_free(Fiber *fiber)
{
#ifdef HAVE_TSAN
    __tsan_destroy_fiber(fiber->tsan);
#endif
#ifdef HAVE_VALGRIND
    VALGRIND_STACK_DEREGISTER(fiber->valgrind);
#endif
    munmap(fiber->stack - GUARD_SIZE, GUARD_SIZE + STACK_SIZE);
    free(fiber);
}

static Fiber *fiber_take(Loop *loop)
{
    Fiber *fiber = loop->pool;

    if (fiber == NULL)
        return fiber_new(loop);
    loop->pool = fiber->next;
    loop->n_pool--;
    return fiber;
}

static void fiber_give(Loop *loop, Fiber *fiber)
{
    *fiber->before = fiber->after;
    if (fiber->after != NULL)
        fiber->after->before = fiber->before;
    loop->n_fibers--;
    /* A fiber is never freed while its loop lives: a late wake from another thread may still name it. */
    if (loop->n_pool >= MOST_POOLED)
        madvise(fiber->stack, STACK_SIZE - TOP_KEPT, MADV_DONTNEED);
    fiber->next = loop->pool;
    loop->pool = fiber;
    loop->n_pool++;
}

void fibers_free(Loop *loop)
{
    while (loop->pool != NULL) {
        Fiber *fiber = loop->pool;

        loop->pool = fiber->next;
        fiber_free(fiber);
    }
}

/* ---- life ---- */

static void resume(Loop *loop, Fiber *fiber)
{
    to_fiber(loop, fiber);
    if (fiber->ended)
        fiber_give(loop, fiber);
}

static void make_ready(Loop *loop, Fiber *fiber)
{
    if (fiber->queued)
        return;
    fiber->queued = true;
    fiber->next = NULL;
    *loop->ready_end = fiber;
    loop->ready_end = &fiber->next;
    loop_spin(loop, true);
}

void fiber_start(void (*fn)(void *arg), void *arg, const char *name)
{
    Loop *loop = loop_self();
    Fiber *fiber = fiber_take(loop);

    fiber->fn = fn;
    fiber->arg = arg;
    fiber->name = name;
    fiber->on_kill = NULL;
    fiber->queued = fiber->woken = fiber->parked = fiber->ended = false;
    fiber->shutdown = loop->stopping;
    fiber->late = false;
    fiber->after = loop->fibers;
    fiber->before = &loop->fibers;
    if (fiber->after != NULL)
        fiber->after->before = &fiber->after;
    loop->fibers = fiber;
    loop->n_fibers++;
    if (running != NULL)
        make_ready(loop, fiber); /* a fiber never resumes another: the loop will */
    else
        resume(loop, fiber);
}

void fiber_on_kill(void (*fn)(void *arg), void *arg)
{
    running->on_kill = fn;
    running->kill_arg = arg;
}

void fiber_kill(void)
{
    if (running != NULL)
        longjmp(*running->start, 1);
    lane_kill();
    abort();
}

Err fiber_park(void)
{
    Fiber *fiber = running;

    if (fiber == NULL)
        abort();
    if (!fiber->woken) {
        fiber->parked = true;
        to_loop(fiber);
    }
    fiber->woken = false;
    return fiber_check();
}

Err fiber_check(void)
{
    return running == NULL ? OK : running->shutdown ? E_SHUTDOWN : running->late ? E_TIMEOUT : OK;
}

void fiber_expire(Fiber *fiber)
{
    fiber->late = true;
    if (fiber->parked)
        fiber_wake(fiber);
}

void fiber_wake(Fiber *fiber)
{
    fiber->woken = true;
    if (fiber->parked)
        make_ready(fiber->loop, fiber);
}

void fiber_wake_remote(Fiber *fiber)
{
    Loop *loop = fiber->loop;

    if (loop == loop_self()) {
        fiber_wake(fiber);
        return;
    }
    if (atomic_exchange(&fiber->remote, true))
        return;
    fiber->next_remote = atomic_load(&loop->remote);
    while (!atomic_compare_exchange_weak(&loop->remote, &fiber->next_remote, fiber))
        ;
    loop_wake(loop);
}

static void take_remote(Loop *loop)
{
    Fiber *fibers = atomic_exchange(&loop->remote, NULL);

    while (fibers != NULL) {
        Fiber *fiber = fibers;

        fibers = fiber->next_remote;
        atomic_store(&fiber->remote, false);
        fiber_wake(fiber);
    }
}

/* Runs what is ready now; what becomes ready meanwhile runs in the loop's next turn, after its I/O. */
void fibers_run(Loop *loop)
{
    Fiber *fibers;

    take_remote(loop);
    fibers = loop->ready;
    loop->ready = NULL;
    loop->ready_end = &loop->ready;
    loop_spin(loop, false);
    while (fibers != NULL) {
        Fiber *fiber = fibers;

        fibers = fiber->next;
        fiber->queued = false;
        resume(loop, fiber);
    }
}

void fibers_shutdown(Loop *loop)
{
    for (Fiber *fiber = loop->fibers; fiber != NULL; fiber = fiber->after) {
        fiber->shutdown = true;
        if (fiber->parked)
            fiber_wake(fiber);
    }
}

/* ---- sleeping ---- */

typedef struct Sleep {
    uv_timer_t timer;
    Fiber *fiber;
    bool over, closed;
} Sleep;

static void on_sleep(uv_timer_t *timer)
{
    Sleep *sleep = timer->data;

    sleep->over = true;
    fiber_wake(sleep->fiber);
}

static void on_sleep_closed(uv_handle_t *handle)
{
    Sleep *sleep = handle->data;

    sleep->closed = true;
    fiber_wake(sleep->fiber);
}

Err fiber_sleep(int64_t ms)
{
    Sleep sleep = { .fiber = running };
    Err err = fiber_check();

    if (running == NULL) {
        usleep((useconds_t)(ms * 1000));
        return OK;
    }
    if (err != OK)
        return err;
    uv_timer_init(loop_uv(running->loop), &sleep.timer);
    sleep.timer.data = &sleep;
    uv_timer_start(&sleep.timer, on_sleep, (uint64_t)ms, 0);
    while (!sleep.over && err == OK)
        err = fiber_park();
    uv_close((uv_handle_t *)&sleep.timer, on_sleep_closed);
    while (!sleep.closed)
        IGNORE(fiber_park()); /* the handle must be gone before its frame is */
    return err;
}

/* ---- waiters ---- */

void waiter_init(Waiter *waiter)
{
    waiter->fiber = running;
    atomic_store(&waiter->done, 0);
}

void waiter_wait(Waiter *waiter)
{
    while (atomic_load_explicit(&waiter->done, memory_order_acquire) == 0) {
        if (waiter->fiber != NULL)
            IGNORE(fiber_park()); /* the answer always comes, in a shutdown, too */
        else
            syscall(SYS_futex, &waiter->done, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    }
}

Err waiter_try(Waiter *waiter)
{
    Err err = OK;

    if (waiter->fiber == NULL)
        waiter_wait(waiter);
    while (err == OK && atomic_load_explicit(&waiter->done, memory_order_acquire) == 0)
        err = fiber_park();
    return atomic_load_explicit(&waiter->done, memory_order_acquire) != 0 ? OK : err;
}

void waiter_done(Waiter *waiter)
{
    Fiber *fiber = waiter->fiber;

    atomic_store_explicit(&waiter->done, 1, memory_order_release);
    if (fiber != NULL) /* from here on the waiter may be gone; a fiber of the pool takes a wake too many */
        fiber_wake_remote(fiber);
    else
        syscall(SYS_futex, &waiter->done, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}
