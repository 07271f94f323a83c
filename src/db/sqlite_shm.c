/* sqlite_shm.c: the locks of a database's shared index. A reader shares one for as long as its snapshot lasts. SQLite asks the system for it each
 * time, under one lock of the process: two system calls a read, and loops that wait for one another. Here the connections of loops count themselves;
 * the system's lock stays when the last of them leaves, until somebody of this process wants the slot alone, or until sqlite_shm_settle(). Who else
 * has the file open sees a lock that may be held longer, never one that is missing. All other connections ask the system, as ever. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "db/sqlite_parts.h"
#include "db/sqlite_vfs.h"

/* Readers share the slots from FIRST on; the others are for who writes, checkpoints and recovers. */
enum { FIRST = 3, SLOTS = SQLITE_SHM_NLOCK, KEPT = 1 << 30 };

/* What the connections of this process to one database have in common. */
struct Shm {
    Shm *next;
    dev_t device;
    ino_t inode;
    Main *files;
    _Atomic int sharers[SLOTS]; /* KEPT + how many share the slot; 0: the system holds no shared lock for us. KEPT comes and goes under the lock */
    Main *keeper[SLOTS];        /* whose file holds it there */
};

static pthread_mutex_t shms_lock = PTHREAD_MUTEX_INITIALIZER;
static Shm *shms;

static int system_lock(Main *main, int slot, int n, int flags)
{
    return real_of(&main->file.base)->pMethods->xShmLock(real_of(&main->file.base), slot, n, flags);
}

/* Is the slot nobody's of this process, for the system too? */
static bool give_back(Shm *shm, int slot)
{
    int now = KEPT;

    if (!atomic_compare_exchange_strong(&shm->sharers[slot], &now, 0))
        return now == 0;
    (void)system_lock(shm->keeper[slot], slot, 1, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED);
    shm->keeper[slot] = NULL;
    return true;
}

static int take(Main *main, int slot)
{
    Shm *shm = main->shm;
    int rc = SQLITE_OK;

    pthread_mutex_lock(&shms_lock);
    if ((atomic_load(&shm->sharers[slot]) & KEPT) != 0) {
        atomic_fetch_add(&shm->sharers[slot], 1);
    } else {
        rc = system_lock(main, slot, 1, SQLITE_SHM_LOCK | SQLITE_SHM_SHARED);
        if (rc == SQLITE_OK) {
            shm->keeper[slot] = main;
            atomic_store(&shm->sharers[slot], KEPT + 1);
        }
    }
    pthread_mutex_unlock(&shms_lock);
    return rc;
}

static int share_begin(Main *main, int slot)
{
    _Atomic int *sharers = &main->shm->sharers[slot];
    int now = atomic_load(sharers), rc = SQLITE_OK;

    if ((main->shared & 1U << slot) != 0)
        return SQLITE_OK;
    while ((now & KEPT) != 0 && !atomic_compare_exchange_weak(sharers, &now, now + 1))
        continue;
    if ((now & KEPT) == 0)
        rc = take(main, slot);
    if (rc == SQLITE_OK)
        main->shared |= 1U << slot;
    return rc;
}

static int share_end(Main *main, int slot)
{
    if ((main->shared & 1U << slot) != 0)
        atomic_fetch_sub(&main->shm->sharers[slot], 1);
    main->shared &= ~(1U << slot);
    return SQLITE_OK;
}

static int take_alone(Main *main, int slot, int n, int flags)
{
    int rc = SQLITE_OK;

    pthread_mutex_lock(&shms_lock);
    for (int i = slot; i < slot + n && rc == SQLITE_OK; i++)
        rc = give_back(main->shm, i) ? SQLITE_OK : SQLITE_BUSY;
    if (rc == SQLITE_OK)
        rc = system_lock(main, slot, n, flags);
    pthread_mutex_unlock(&shms_lock);
    return rc;
}

static int shm_lock(sqlite3_file *file, int slot, int n, int flags)
{
    Main *main = (Main *)file;

    if (main->shm != NULL && flags == (SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE))
        return take_alone(main, slot, n, flags);
    if (main->shm == NULL || !main->shares || slot < FIRST || (flags & SQLITE_SHM_EXCLUSIVE) != 0)
        return system_lock(main, slot, n, flags);
    return (flags & SQLITE_SHM_LOCK) != 0 ? share_begin(main, slot) : share_end(main, slot);
}

/* NULL: no memory. */
static Shm *shm_of(const struct stat *st)
{
    Shm *shm = shms;

    while (shm != NULL && (shm->device != st->st_dev || shm->inode != st->st_ino))
        shm = shm->next;
    if (shm == NULL && (shm = calloc(1, sizeof(*shm))) != NULL) {
        shm->next = shms;
        shm->device = st->st_dev;
        shm->inode = st->st_ino;
        shms = shm;
    }
    return shm;
}

/* What the file is, if it has its name still. */
static bool look(Main *main, struct stat *st)
{
    int moved = 1;

    return stat(main->path, st) == 0 &&
           real_of(&main->file.base)->pMethods->xFileControl(real_of(&main->file.base), SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved == 0;
}

/* Who cannot join asks the system for everything, and meets the locks that are kept as another process does. */
static void join(Main *main)
{
    struct stat st;
    Shm *shm;

    if (!look(main, &st))
        return;
    pthread_mutex_lock(&shms_lock);
    shm = shm_of(&st);
    if (shm != NULL) {
        main->next = shm->files;
        shm->files = main;
        main->shm = shm;
    }
    pthread_mutex_unlock(&shms_lock);
}

static int shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **ret)
{
    const int rc = real_of(file)->pMethods->xShmMap(real_of(file), region, size, extend, ret);

    if (rc == SQLITE_OK && region == 0 && ((Main *)file)->shm == NULL)
        join((Main *)file);
    return rc;
}

void sqlite_shm_share(sqlite3 *db)
{
    Main *main = sqlite_main_of(db);

    if (main != NULL)
        main->shares = true;
}

/* The system's lock of a slot that others share goes over to one of them. */
static void hand_over(Shm *shm, Main *from, int slot)
{
    if (shm->keeper[slot] != from || give_back(shm, slot))
        return;
    (void)system_lock(shm->files, slot, 1, SQLITE_SHM_LOCK | SQLITE_SHM_SHARED);
    (void)system_lock(from, slot, 1, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED);
    shm->keeper[slot] = shm->files;
}

static void shm_free(Shm *shm)
{
    Shm **link = &shms;

    while (*link != shm)
        link = &(*link)->next;
    *link = shm->next;
    free(shm);
}

static void leave(Main *main)
{
    Shm *shm = main->shm;
    Main **link = &shm->files;

    pthread_mutex_lock(&shms_lock);
    while (*link != main)
        link = &(*link)->next;
    *link = main->next;
    for (int slot = 0; slot < SLOTS; slot++)
        hand_over(shm, main, slot);
    if (shm->files == NULL)
        shm_free(shm);
    main->shm = NULL;
    pthread_mutex_unlock(&shms_lock);
}

static int shm_unmap(sqlite3_file *file, int delete)
{
    if (((Main *)file)->shm != NULL)
        leave((Main *)file);
    return real_of(file)->pMethods->xShmUnmap(real_of(file), delete);
}

/* The system's own takes a lock beside the fence, "for redundancy". */
static void shm_barrier(sqlite3_file *file)
{
    (void)file;
    atomic_thread_fence(memory_order_seq_cst);
}

void sqlite_shm_settle(sqlite3 *db)
{
    Main *main = sqlite_main_of(db);

    if (main == NULL || main->shm == NULL)
        return;
    pthread_mutex_lock(&shms_lock);
    for (int slot = 0; slot < SLOTS; slot++)
        (void)give_back(main->shm, slot);
    pthread_mutex_unlock(&shms_lock);
}

void sqlite_shm_methods(sqlite3_io_methods *methods)
{
    methods->iVersion = 2;
    methods->xShmMap = shm_map;
    methods->xShmLock = shm_lock;
    methods->xShmBarrier = shm_barrier;
    methods->xShmUnmap = shm_unmap;
}
