/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Collector of ITT, the instrumentation inside oneDNN, oneTBB and OpenVINO: INTEL_LIBITTNOTIFY64 names this library.
 *
 * Each static part (itt_abi.h) calls __itt_api_init() once, at its first use; a process may have several. We put our
 * functions into its table. Ranges of oneDNN are operators named by their primitive ("convolution"), all others are
 * ranges named "domain: task". Tables of oneDNN: domain "dnnl::primitive::execute" with the primitive as task up to
 * 2.x, "dnnl.execute.convolution" with a description as task from 3.x on
 * (src/common/ittnotify.cpp of github.com/oneapi-src/oneDNN).
 */
#include "probe/probe.h"

#include "probe/itt_abi.h"
#include "probe/itt_objects.h"
#include "probe/native.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

PROBE_EXPORT void __itt_api_init(struct itt_global *global, int groups);
PROBE_EXPORT void __itt_api_fini(struct itt_global *global);

enum kind_of_domain { DOMAIN_UNKNOWN, DOMAIN_OPERATORS, DOMAIN_OPERATOR, DOMAIN_TBB, DOMAIN_OTHER };

/* extra1 of a domain: its number in the upper bits, enum kind_of_domain in the lowest four. */
#define DOMAIN_KIND 15

/* Numbers of domains, for the cache in string handles. */
static struct {
    _Atomic uint32_t domains;
} itt;

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* The last word of "dnnl.execute.convolution". */
static const char *last_word(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

static enum kind_of_domain look_at(const char *name)
{
    if (!name) {
        return DOMAIN_OTHER;
    }
    if (starts(name, "dnnl.execute.")) {
        return DOMAIN_OPERATOR;
    }
    if (starts(name, "dnnl")) {
        return DOMAIN_OPERATORS;
    }
    return strcmp(name, "tbb") == 0 || starts(name, "tbb.") ? DOMAIN_TBB : DOMAIN_OTHER;
}

/* Domains are made by us or by the static part; either way extra1 starts as 0. Two threads may number one twice: then
 * the cache misses once more. */
static int numbered(struct itt_domain *domain)
{
    int known = __atomic_load_n(&domain->extra1, __ATOMIC_RELAXED);
    if (known == 0) {
        uint32_t number = atomic_fetch_add(&itt.domains, 1) + 1;
        known = (int)((number & 0xffffu) << 4 | (uint32_t)look_at(domain->name));
        __atomic_store_n(&domain->extra1, known, __ATOMIC_RELAXED);
    }
    return known;
}

/* "domain: task", cut to what the wire takes. */
static uint32_t intern_pair(struct jb_wire *ring, const char *domain, const char *task)
{
    char text[JB_WIRE_NAME_MAX + 1];
    size_t used = strnlen(domain, sizeof(text) / 2);
    memcpy(text, domain, used);
    text[used++] = ':';
    text[used++] = ' ';
    size_t more = strnlen(task, sizeof(text) - 1 - used);
    memcpy(text + used, task, more);
    text[used + more] = '\0';
    return jb_wire_intern(ring, text);
}

static uint32_t intern_task(struct jb_wire *ring, const struct itt_domain *domain, const char *task, int kind)
{
    switch (kind) {
    case DOMAIN_OPERATORS:
        return jb_wire_intern(ring, task);
    case DOMAIN_OPERATOR:
        return jb_wire_intern(ring, last_word(domain->name));
    default:
        return intern_pair(ring, domain->name ? domain->name : "", task);
    }
}

/* extra2 of a string handle: for which domain and ring (upper half) its name has which number (lower half, plus 1). One
 * word, so that threads cannot see half of it. */
static uint32_t name_of(struct jb_wire *ring, const struct itt_domain *domain, struct itt_string *task, int known)
{
#if UINTPTR_MAX > 0xffffffffu
    uintptr_t tag = (uintptr_t)(uint32_t)known >> 4 << 16 | probe_native_epoch(ring);
    uintptr_t cached = __atomic_load_n(&task->extra2, __ATOMIC_RELAXED);
    if (cached >> 32 == tag && (uint32_t)cached) {
        return (uint32_t)cached - 1;
    }
    uint32_t name = intern_task(ring, domain, task->text ? task->text : "", known & DOMAIN_KIND);
    __atomic_store_n(&task->extra2, tag << 32 | (name + 1), __ATOMIC_RELAXED);
    return name;
#else
    return intern_task(ring, domain, task->text ? task->text : "", known & DOMAIN_KIND);
#endif
}

static uint64_t owner_of(const void *object)
{
    return (uint64_t)(uintptr_t)object;
}

static void begin(struct itt_domain *domain, struct itt_string *task)
{
    int known = numbered(domain);
    int of = known & DOMAIN_KIND;
    bool is_operator = of == DOMAIN_OPERATORS || of == DOMAIN_OPERATOR;
    unsigned kind = is_operator ? JB_EVENT_OPERATOR : JB_EVENT_RANGE;
    /* What oneTBB does inside is as frequent as operators are, and wanted when they are. */
    struct jb_wire *ring = probe_native_ring(JB_PATH_ITT, of == DOMAIN_TBB ? JB_EVENT_OPERATOR : kind);
    if (!task || (is_operator && probe_pytorch_attached())) {
        ring = NULL;
    }
    uint32_t name = ring ? name_of(ring, domain, task, known) : 0;
    probe_native_begin(ring, owner_of(domain), kind, name, JB_KERNEL_UNKNOWN);
}

static void task_begin(struct itt_domain *domain, struct itt_id id, struct itt_id parent, struct itt_string *task)
{
    (void)id;
    (void)parent;
    if (domain) {
        begin(domain, task);
    }
}

static void task_begin_ex(struct itt_domain *domain, void *clock, unsigned long long stamp, struct itt_id id,
                          struct itt_id parent, struct itt_string *task)
{
    (void)clock;
    (void)stamp;
    task_begin(domain, id, parent, task);
}

/* Named by the address of a function: nothing that could be shown. Its end must be told from others all the same. */
static void task_begin_fn(struct itt_domain *domain, struct itt_id id, struct itt_id parent, void *function)
{
    (void)function;
    task_begin(domain, id, parent, NULL);
}

static void task_end(struct itt_domain *domain)
{
    if (domain) {
        probe_native_end(owner_of(domain));
    }
}

static void task_end_ex(struct itt_domain *domain, void *clock, unsigned long long stamp)
{
    (void)clock;
    (void)stamp;
    task_end(domain);
}

/* A frame is a turn of the program's main loop; owned by the domain's `name` field, to be told from its tasks. */
static void frame_begin(struct itt_domain *domain, struct itt_id *id)
{
    (void)id;
    if (!domain) {
        return;
    }
    struct jb_wire *ring = probe_native_ring(JB_PATH_ITT, JB_EVENT_RANGE);
    uint32_t name = ring ? jb_wire_intern_at(ring, domain->name) : 0;
    probe_native_begin(ring, owner_of(&domain->name), JB_EVENT_RANGE, name, JB_KERNEL_UNKNOWN);
}

static void frame_end(struct itt_domain *domain, struct itt_id *id)
{
    (void)id;
    if (domain) {
        probe_native_end(owner_of(&domain->name));
    }
}

/* A table of functions of many types: each is called by the static part with its own. */
static const struct {
    const char *name;
    void (*function)(void);
} ours[] = {
    {"__itt_domain_create", (void (*)(void))itt_domain_of},
    {"__itt_domain_createA", (void (*)(void))itt_domain_of},
    {"__itt_string_handle_create", (void (*)(void))itt_string_of},
    {"__itt_string_handle_createA", (void (*)(void))itt_string_of},
    {"__itt_task_begin", (void (*)(void))task_begin},
    {"__itt_task_begin_fn", (void (*)(void))task_begin_fn},
    {"__itt_task_begin_ex", (void (*)(void))task_begin_ex},
    {"__itt_task_end", (void (*)(void))task_end},
    {"__itt_task_end_ex", (void (*)(void))task_end_ex},
    {"__itt_frame_begin_v3", (void (*)(void))frame_begin},
    {"__itt_frame_end_v3", (void (*)(void))frame_end},
};

static void (*ours_of(const char *name))(void)
{
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        if (strcmp(ours[i].name, name) == 0) {
            return ours[i].function;
        }
    }
    return NULL;
}

/* Nobody will ever listen here: no ring, or the user's switch. What the meter forbids for a while is looked at with
 * each span. */
static bool never(void)
{
    struct jb_wire *ring = jb_wire_attach();
    return !ring || (!probe_ring(JB_PATH_ITT) && (jb_wire_allowed(ring) & JB_PATH_ITT));
}

void __itt_api_init(struct itt_global *global, int groups)
{
    if (!global || memcmp(global->magic, ITT_MAGIC, sizeof(global->magic)) != 0 || global->version_major != ITT_MAJOR ||
        !global->apis) {
        return; /* its functions go on doing nothing */
    }
    bool deaf = never();
    for (struct itt_api *api = global->apis; api->name; api++) {
        void (*function)(void) = deaf || !(api->group & groups) ? NULL : ours_of(api->name);
        if (api->function) {
            *api->function = function ? function : api->none;
        }
    }
    if (deaf) {
        for (struct itt_domain *domain = global->domains; domain; domain = domain->next) {
            domain->flags = 0;
        }
        return;
    }
    jb_wire_attached(jb_wire_attach(), JB_PATH_ITT);
}

/* The library goes. Its objects are its own, ours stay, and no address is kept but on stacks of open spans. */
void __itt_api_fini(struct itt_global *global)
{
    (void)global;
}
