/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bursts in which CUPTI tells of kernels: when they begin and end, and whose the kernels are.
 *
 * A burst that is over must be finalised, or the program stays slow (github.com/pytorch/pytorch/issues/146604).
 * NVIDIA recommends to do so where a call of the runtime or driver returns (cupti_activity.h at cuptiFinalize), so the
 * end of a burst only asks for such returns; the first one that finds the work launched before to be done flushes and
 * finalises.
 *
 *            begin()              end()               return of a call
 *     OFF ------------> ON ----------------> ENDING ------------------> OFF
 *                        ^------ begin() ------'
 *
 * CUPTI has room for one tool. We subscribe to each burst, so that another gets its error at once, not half of our
 * records; where it is there first we stay off and name it. Several tools at once (CUDA 13.2 and later, if both ask for
 * it) share one mode of tracing graphs and one cuptiFinalize(), so we do not ask. PyTorch's profiler takes the records
 * without asking: while it is on there is no burst.
 */
#include "probe/probe.h"

#include "probe/cupti_capture.h"
#include "probe/cupti_ids.h"
#include "probe/cupti_library.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

PROBE_EXPORT int InitializeInjection(void);

enum state {
    OFF,  /* 0: what a child after fork finds */
    BUSY, /* one thread is changing it */
    ON,
    ENDING,
    STOPPING, /* one thread is flushing */
};

enum {
    RETRY_PUSHES = 1024, /* after so many operators it is tried again to begin a burst that could not */
    CHECK_PUSHES = 64,   /* is PyTorch's profiler on, are we still allowed? */
    CLOCK_PUSHES = 4096,
};
/* How long after the end of a burst the work launched in it is taken to be done: when a call returns that waits for the
 * GPU, and when any other does. What is not done then is lost. */
#define QUIET_WAITED_NS UINT64_C(20000000)
#define QUIET_NS        UINT64_C(1000000000)
/* CUPTI_API_VERSION of CUDA 12.6: before, finalising breaks programs that launch graphs. */
#define VERSION_GRAPHS_SAFE 24u

/* In memory that is wiped on fork: a child of a program that uses CUDA must not call it. */
struct live {
    _Atomic uint32_t state;  /* enum state */
    _Atomic uint32_t inside; /* threads that are calling CUPTI */
    _Atomic uint32_t pushes;
};

static struct {
    _Atomic(struct live *) live; /* NULL: no burst was ever asked for */
    _Atomic bool wanted, arrived, given_up;
    _Atomic bool left; /* the last burst could not be finalised: identities may have stayed on stacks */
    _Atomic(struct jb_wire *) ring;
    _Atomic uint32_t burst;
    /* Below: of the thread that holds BUSY or STOPPING. */
    struct cupti_library library;
    bool opened;
    int32_t pid;
    uint32_t version;
    void *subscriber;
    uint64_t begun_ns, ended_ns;
    struct cupti_join_sums told;
} cupti;

/* Identities that this thread has pushed in this burst. */
static _Thread_local struct {
    uint32_t burst, depth;
} mine;

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static struct live *make_live(void)
{
    struct live *live = atomic_load(&cupti.live);
    if (live) {
        return live;
    }
    size_t size = (size_t)sysconf(_SC_PAGESIZE);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return NULL;
    }
    if (madvise(memory, size, MADV_WIPEONFORK) != 0 || !atomic_compare_exchange_strong(&cupti.live, &live, memory)) {
        munmap(memory, size); /* Linux before 4.14, or another thread was first */
        return live;
    }
    return memory;
}

static void tell(const char *text)
{
    struct jb_wire *ring = atomic_load(&cupti.ring);
    if (ring) {
        jb_wire_note(ring, text);
    }
}

/* For the commonest refusals, what to do. */
static void tell_refusal(int rc)
{
    static const struct {
        int rc;
        const char *text;
    } known[] = {
        {35, "CUPTI: no permission to trace the GPU; set NVreg_RestrictProfilingToAdminUsers=0 for the nvidia module"},
        {40, "CUPTI: the virtual GPU does not permit tracing; its host must allow it"},
        {41, "CUPTI: kernels cannot be traced in confidential computing mode"},
        {43, "CUPTI: this version cannot trace a MIG instance; a later CUDA can"},
        {45, "CUPTI: this version cannot trace under WSL"},
        {15, "CUPTI: does not fit the driver; install the libcupti of a CUDA that the driver supports"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].rc == rc) {
            tell(known[i].text);
            return;
        }
    }
    char text[96];
    snprintf(text, sizeof(text), "CUPTI: kernels cannot be traced (CUptiResult %d)", rc);
    tell(text);
}

static void on_call(void *data, int domain, uint32_t id, const void *call);

static int subscribe(void)
{
    char holder[CUPTI_HOLDER_SIZE] = "";
    int rc;
    if (cupti.library.subscribe_v2) {
        struct cupti_subscriber_params params = {
            .size = sizeof(params), .name = "joulebook", .holder = holder, .holder_size = sizeof(holder)};
        rc = cupti.library.subscribe_v2(&cupti.subscriber, on_call, NULL, &params);
        holder[sizeof(holder) - 1] = '\0';
    } else {
        rc = cupti.library.subscribe(&cupti.subscriber, on_call, NULL);
    }
    if (rc == CUPTI_TAKEN) {
        char text[JB_WIRE_NOTE_BYTES - 4];
        snprintf(text, sizeof(text), "CUPTI: %s has it; kernels are not told apart while it does",
                 holder[0] ? holder : "another profiler or debugger");
        tell(text);
    } else if (rc != CUPTI_OK) {
        tell_refusal(rc);
    }
    cupti.subscriber = rc == CUPTI_OK ? cupti.subscriber : NULL;
    return rc;
}

static void at_exit(void);

static bool open_library(void)
{
    if (cupti.opened) {
        return true;
    }
    switch (cupti_library_open(&cupti.library)) {
    case 0:
        break;
    case -ENODEV: /* comes with a later operator, or never */
        return false;
    case -ENOENT:
        tell("CUPTI: the program uses CUDA without libcupti; install it beside the CUDA runtime (pip: "
             "nvidia-cuda-cupti)");
        atomic_store(&cupti.given_up, true);
        return false;
    default:
        tell("CUPTI: this libcupti lacks functions; kernels are not told apart");
        atomic_store(&cupti.given_up, true);
        return false;
    }
    cupti.opened = true;
    cupti.pid = getpid();
    cupti.library.get_version(&cupti.version);
    atexit(at_exit); /* after CUDA's own, so called before them */
    return true;
}

static bool pytorch_profiles(void)
{
    return cupti.library.pytorch_profiles && cupti.library.pytorch_profiles();
}

/* BUSY is ours. */
static bool start(void)
{
    struct jb_wire *ring = atomic_load(&cupti.ring);
    if (cupti.opened && cupti.pid != getpid()) {
        atomic_store(&cupti.given_up, true);
        return false;
    }
    if (!ring || !probe_ring(JB_PATH_CUPTI) || !open_library()) {
        return false;
    }
    if (pytorch_profiles()) {
        tell("CUPTI: PyTorch's profiler has it; kernels are not told apart while it is on");
        return false;
    }
    bool ours = cupti.subscriber != NULL; /* of a burst that could not be finalised */
    if (!ours && subscribe() != CUPTI_OK) {
        return false;
    }
    int rc = cupti_capture_on(&cupti.library, ring);
    if (rc != 0) {
        if (rc > 0) {
            tell_refusal(rc);
        }
        cupti.library.unsubscribe(cupti.subscriber);
        cupti.subscriber = NULL;
        return false;
    }
    cupti.begun_ns = now();
    atomic_fetch_add(&cupti.burst, 1);
    jb_wire_attached(ring, JB_PATH_CUPTI);
    return true;
}

/* Have calls report their return, or no more. */
static void watch_returns(uint32_t on)
{
    static const struct {
        int domain;
        const uint16_t *ids;
        size_t count;
    } lists[] = {
        {CUPTI_DOMAIN_RUNTIME, cupti_runtime_waits, CUPTI_COUNT(cupti_runtime_waits)},
        {CUPTI_DOMAIN_RUNTIME, cupti_runtime_common, CUPTI_COUNT(cupti_runtime_common)},
        {CUPTI_DOMAIN_DRIVER, cupti_driver_waits, CUPTI_COUNT(cupti_driver_waits)},
        {CUPTI_DOMAIN_DRIVER, cupti_driver_common, CUPTI_COUNT(cupti_driver_common)},
    };
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        for (size_t j = 0; j < lists[i].count; j++) {
            cupti.library.enable_callback(on, cupti.subscriber, lists[i].domain, lists[i].ids[j]);
        }
    }
}

/* One step from what is to what is wanted; false: nothing to do, or somebody else does it. */
static bool step(struct live *live)
{
    bool wanted = atomic_load(&cupti.wanted) && !atomic_load(&cupti.given_up);
    uint32_t state = atomic_load(&live->state);
    if (state != (wanted ? OFF : ON) && !(wanted && state == ENDING)) {
        return false;
    }
    if (!atomic_compare_exchange_strong(&live->state, &state, BUSY)) {
        return false;
    }
    uint32_t next = ON;
    switch (state) {
    case OFF:
        next = start() ? ON : OFF;
        break;
    case ENDING:
        watch_returns(0);
        break;
    default:
        watch_returns(1);
        cupti.ended_ns = now();
        next = ENDING;
        break;
    }
    atomic_store(&live->state, next);
    return next != state;
}

/* Wishes may change while one is being fulfilled. */
static void settle(struct live *live)
{
    int saved = errno;
    for (int i = 0; i < 4 && step(live); i++) {
    }
    errno = saved;
}

/* Another profiler has begun to take the records. What is asked for stays, it may want it too. */
static void abandon(struct live *live)
{
    uint32_t state = ON;
    if (atomic_compare_exchange_strong(&live->state, &state, BUSY)) {
        cupti_capture_off(false);
        cupti.library.unsubscribe(cupti.subscriber);
        cupti.subscriber = NULL;
        tell("CUPTI: PyTorch's profiler has it; kernels are not told apart while it is on");
        atomic_store(&live->state, OFF);
    }
}

/* STOPPING is ours, nobody is inside, and a call is returning. */
static void finish(struct live *live)
{
    cupti_capture_off(true);
    cupti_capture_flush();
    struct cupti_join_sums sums;
    cupti_capture_sums(&sums);
    uint64_t own = sums.own_ns - cupti.told.own_ns;
    if (own > (cupti.ended_ns - cupti.begun_ns) / 100 && cupti.told.written == 0) {
        char text[96];
        snprintf(text, sizeof(text), "CUPTI: took %.0f ms of the first burst of %.0f ms for itself", (double)own / 1e6,
                 (double)(cupti.ended_ns - cupti.begun_ns) / 1e6);
        tell(text);
    }
    cupti.told = sums;
    bool final = cupti.library.finalize && (cupti.version >= VERSION_GRAPHS_SAFE || !sums.graphs);
    atomic_store(&cupti.left, !final);
    if (final) {
        cupti.library.finalize(); /* ends the subscription too */
        cupti.subscriber = NULL;
    } else {
        watch_returns(0);
        tell("CUPTI: cannot be taken out of a program with CUDA graphs before CUDA 12.6; a part of its cost stays");
    }
    atomic_store(&live->state, OFF);
}

/* Of CUpti_CallbackData only the first field is looked at: 1 when the call returns. */
static void on_call(void *data, int domain, uint32_t id, const void *call)
{
    (void)data;
    struct live *live = atomic_load(&cupti.live);
    int32_t site = call ? *(const int32_t *)call : 0;
    if (site != 1 || !live || atomic_load(&live->state) != ENDING) {
        return;
    }
    const uint16_t *waits = domain == CUPTI_DOMAIN_RUNTIME ? cupti_runtime_waits : cupti_driver_waits;
    size_t count = domain == CUPTI_DOMAIN_RUNTIME ? CUPTI_COUNT(cupti_runtime_waits) : CUPTI_COUNT(cupti_driver_waits);
    uint64_t quiet = QUIET_NS;
    for (size_t i = 0; i < count; i++) {
        quiet = waits[i] == id ? QUIET_WAITED_NS : quiet;
    }
    uint32_t state = ENDING;
    if (now() - cupti.ended_ns < quiet || !atomic_compare_exchange_strong(&live->state, &state, STOPPING)) {
        return;
    }
    if (atomic_load(&live->inside) != 0) {
        atomic_store(&live->state, ENDING); /* with the next return */
        return;
    }
    int saved = errno;
    finish(live);
    errno = saved;
}

/* What is there is written; CUPTI is left as it is, the process ends anyway. */
static void at_exit(void)
{
    struct live *live = atomic_load(&cupti.live);
    uint32_t state = live ? atomic_load(&live->state) : OFF;
    if ((state == ON || state == ENDING) && atomic_compare_exchange_strong(&live->state, &state, STOPPING)) {
        cupti_capture_flush();
    }
}

void probe_cupti_arrived(void)
{
    atomic_store(&cupti.arrived, true);
}

void probe_cupti_begin(struct jb_wire *ring)
{
    if (!ring || !probe_ring(JB_PATH_CUPTI) || atomic_load(&cupti.given_up)) {
        return;
    }
    struct live *live = make_live();
    if (live) {
        atomic_store(&cupti.ring, ring);
        atomic_store(&cupti.wanted, true);
        settle(live);
    }
}

void probe_cupti_end(struct jb_wire *ring)
{
    (void)ring;
    atomic_store(&cupti.wanted, false);
    struct live *live = atomic_load(&cupti.live);
    if (live) {
        settle(live);
    }
}

/* Now and then, on the program's own threads. */
static void look_around(struct live *live, uint32_t pushes)
{
    if (pushes % CHECK_PUSHES != 0) {
        return;
    }
    if (pytorch_profiles()) {
        abandon(live);
    } else if (!probe_ring(JB_PATH_CUPTI)) {
        probe_cupti_end(NULL);
    } else if (pushes % CLOCK_PUSHES == 0) {
        atomic_fetch_add(&live->inside, 1);
        if (atomic_load(&live->state) == ON) {
            cupti_capture_clock();
        }
        atomic_fetch_sub(&live->inside, 1);
    }
}

/* Identities that a burst left behind which could not be finalised. */
static void forget_old(uint32_t burst)
{
    uint64_t last;
    bool left = mine.burst != 0 && atomic_load(&cupti.left);
    for (int i = 0; left && i < 64; i++) {
        left = cupti.library.pop(CUPTI_OUR_CORRELATION, &last) == CUPTI_OK;
    }
    mine.burst = burst;
    mine.depth = 0;
}

bool probe_cupti_push(uint64_t operator_id)
{
    struct live *live = atomic_load_explicit(&cupti.live, memory_order_acquire);
    if (!live) {
        return false;
    }
    uint32_t pushes = atomic_fetch_add_explicit(&live->pushes, 1, memory_order_relaxed) + 1;
    if (atomic_load(&live->state) != ON) {
        if (!atomic_load(&cupti.wanted) || (pushes % RETRY_PUSHES != 0 && !atomic_load(&cupti.arrived))) {
            return false;
        }
        atomic_store(&cupti.arrived, false);
        settle(live);
    } else {
        look_around(live, pushes);
    }
    bool pushed = false;
    atomic_fetch_add(&live->inside, 1);
    if (atomic_load(&live->state) == ON) {
        uint32_t burst = atomic_load(&cupti.burst);
        if (mine.burst != burst) {
            forget_old(burst);
        }
        pushed = cupti.library.push(CUPTI_OUR_CORRELATION, operator_id) == CUPTI_OK;
        mine.depth += pushed;
    }
    atomic_fetch_sub(&live->inside, 1);
    return pushed;
}

void probe_cupti_pop(void)
{
    struct live *live = atomic_load_explicit(&cupti.live, memory_order_acquire);
    if (!live || mine.depth == 0) {
        return;
    }
    atomic_fetch_add(&live->inside, 1);
    uint32_t state = atomic_load(&live->state);
    if (mine.burst == atomic_load(&cupti.burst) && state != OFF && state != STOPPING) {
        uint64_t last;
        cupti.library.pop(CUPTI_OUR_CORRELATION, &last);
        mine.depth--;
    }
    atomic_fetch_sub(&live->inside, 1);
}

/* The driver calls this at cuInit() when CUDA_INJECTION64_PATH names us. On anything but 1 it would give up. */
int InitializeInjection(void)
{
    probe_cupti_arrived();
    return 1;
}
