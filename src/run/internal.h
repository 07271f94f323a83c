/* internal.h: what the files of the layer share. */
#ifndef HECATE_RUN_INTERNAL_H
#define HECATE_RUN_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "run/run.h"

typedef struct Post {
    struct Post *next;
    void (*fn)(void *arg);
    void *arg;
} Post;

typedef struct Every Every;

struct Loop {
    uv_loop_t uv;
    uv_poll_t wake; /* of wake_fd */
    uv_prepare_t prepare;
    uv_idle_t idle; /* active while fibers are ready: the loop then does not sleep */
    int index;
    pthread_t thread;
    /* What other threads bring, the last first. Without a lock: a nicer thread that holds one and is put aside would hold up the loop. */
    Post *_Atomic posts;
    Fiber *_Atomic remote; /* woken fibers */
    int wake_fd;
    _Atomic bool is_woken; /* wake_fd was written to since the loop last looked */
    Fiber *ready, **ready_end;
    Fiber *current, *fibers, *pool;
    size_t n_fibers, n_pool;
    Every *timers;
    bool stopping;
    void *slots[LOOP_SLOTS];
    _Atomic int64_t busy_since; /* ms, 0: not in a fiber */
    const char *_Atomic busy_name;
    void *asan_stack; /* of the loop's own stack */
    const void *asan_bottom;
    size_t asan_size;
};

/* Lets the loop look at what was brought. From any thread. */
void loop_wake(Loop *loop);
void fibers_run(Loop *loop);
void fibers_shutdown(Loop *loop);
void fibers_free(Loop *loop);
/* Ends the job of this thread of a lane; returns if it is none. */
void lane_kill(void);
/* turns.c, of the calling thread: once; before and after each job, and at the end, without effect where it never began. */
void turns_begin(void);
void turns_start(void);
void turns_stop(void);
void turns_end(void);
/* Ready fibers keep the loop from sleeping. */
void loop_spin(Loop *loop, bool on);
/* Loops that run, for the watchdog; the loop may be freed once it is unwatched. */
enum { MOST_LOOPS = 64 };
void watch_loop(Loop *loop);
void unwatch_loop(const Loop *loop);

#endif
