/* pace.h: the time after which a refused sign-in is answered, whoever was asked for: longer than the slowest kind of hash takes here, under the load
 * of the time. It is measured, not configured: what a kind costs is known once it was tried. Waiting takes no place in the hash lane. */
#ifndef HECATE_DIRECTORY_PACE_H
#define HECATE_DIRECTORY_PACE_H

#include "directory/directory.h"
#include "run/run.h"

Pace *pace_new(void);
void pace_free(Pace *pace); /* accepts NULL */
static inline void pace_freep(Pace **pace)
{
    pace_free(*pace);
}

/* A refused try of this kind took so much of a processor, and so much by the clock, in microseconds. The least of a kind counts: other work of the
 * machine only adds to it. A kind that was not tried for a day is forgotten. */
void pace_learn(Pace *pace, const char *kind, int64_t us, int64_t wall);
/* The hook that only users with an account are shown to took so long: all wait for it. */
void pace_learn_hook(Pace *pace, int64_t us);
/* When a try that took `spent` microseconds so far is to be answered, from its beginning: the pace, at most 8 s, or twice, four times … of it. */
int64_t pace_due(Pace *pace, int64_t spent);
/* Waits until a try that began at `since` (clock_mono_us()) is to be answered; at once without a pace. */
void pace_wait(const Ctx *ctx, int64_t since);

#endif
