/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Injection of NVTX: NVTX_INJECTION64_PATH names this library, each copy of NVTX in the process (it is header-only)
 * calls InitializeInjectionNvtx2() once, at its first use, and we put our functions into its tables.
 *
 * Written from c/include/nvtx3/nvtxDetail/{nvtxTypes.h,nvtxInit.h} and nvToolsExt.h of github.com/NVIDIA/NVTX
 * (Apache-2.0 WITH LLVM-exception). Calls return what they return without a tool, but for handles and numbers of
 * ranges, which a program hands back. What a text means: nvtx_name.h. Marks are no spans and not looked at.
 */
#include "probe/probe.h"

#include "probe/native.h"
#include "probe/nvtx_name.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef void (*nvtx_function)(void);
typedef const void *(*nvtx_get_table)(uint32_t table);

PROBE_EXPORT int InitializeInjectionNvtx2(nvtx_get_table get);

enum { TABLE_CALLBACKS = 1, MODULE_CORE = 1, MODULE_CORE2 = 5 };
enum { MESSAGE_ASCII = 1, MESSAGE_WIDE = 2, MESSAGE_REGISTERED = 3 };
enum { NO_TRACKING = -2 }; /* what push and pop return without a tool */

struct nvtx_callbacks {
    size_t size;
    int (*get_functions)(int module, nvtx_function ***table, unsigned *size);
};

/* nvtxEventAttributes_v2; the message stands at its end. */
struct nvtx_attributes {
    uint16_t version, size;
    uint32_t category;
    int32_t color_type;
    uint32_t color;
    int32_t payload_type, reserved;
    uint64_t payload;
    int32_t message_type;
    union {
        const char *ascii;
        const wchar_t *wide;
        struct nvtx_string *registered;
    } message;
};
_Static_assert(offsetof(struct nvtx_attributes, message_type) == 32, "as nvToolsExt.h has it");

/* What is known of a text, in one word, so that threads cannot see half of it: number of its name, what it is, and the
 * upper bits of its hash. 0: nothing. */
enum {
    WORD_NAME = JB_WIRE_NAMES - 1,
    WORD_OPERATOR = 1 << 14,
    WORD_OF_PYTORCH = 1 << 15,
    WORD_ORIGIN_AT = 16, /* three bits */
    WORD_KNOWN = 1 << 19,
};
#define WORD_HASH (~UINT64_C(0xfffff))
_Static_assert(JB_WIRE_NAMES <= 1 << 14 && JB_KERNEL_UNKNOWN < 8, "fields of the word");

struct nvtx_domain {
    uint64_t hash;
    char name[64];
};

/* A registered string: parsed when it is made, the original may be megabytes. */
struct nvtx_string {
    uint64_t hash;
    _Atomic uint64_t word;
    uint64_t flags; /* its word without hash and number */
    char text[];
};

enum { MOST_DOMAINS = 256, MOST_STRINGS = 32768, RECENT = 4096, FOREIGN = 64 };

/* Tables of what the process has; open addressing, nothing is ever removed, untouched pages cost nothing. */
static struct {
    _Atomic(struct nvtx_domain *) domains[MOST_DOMAINS];
    _Atomic(struct nvtx_string *) strings[MOST_STRINGS];
    _Atomic uint32_t domain_count, string_count;
    _Atomic uint64_t recent[RECENT];   /* words of texts that were not registered, by hash */
    _Atomic uint64_t ranges;           /* numbers given to started ranges */
    _Atomic uint64_t foreign[FOREIGN]; /* ranges ended by other threads than began them */
    _Atomic uint32_t foreign_count;
} nvtx;

static uint64_t hash_on(uint64_t h, const char *text)
{
    for (size_t i = 0; text && i < NVTX_LONGEST && text[i] != '\0'; i++) {
        h = (h ^ (unsigned char)text[i]) * UINT64_C(1099511628211);
    }
    return h;
}

static uint64_t mix(uint64_t h)
{
    h ^= h >> 32;
    h *= UINT64_C(0xd6e8feb86659fd93);
    return h ^ h >> 32;
}

static uint64_t hash_of(const struct nvtx_domain *domain, const char *text)
{
    return mix(hash_on(domain ? domain->hash : UINT64_C(14695981039346656037), text));
}

static uint64_t flags_of(const struct nvtx_name *name)
{
    return WORD_KNOWN | (name->kind == JB_EVENT_OPERATOR ? WORD_OPERATOR : 0) |
           (name->of_pytorch ? WORD_OF_PYTORCH : 0) | (uint64_t)name->origin << WORD_ORIGIN_AT;
}

static uint64_t word_of(struct jb_wire *ring, uint64_t flags, const char *text, uint64_t hash)
{
    return (hash & WORD_HASH) | flags | (jb_wire_intern(ring, text) & WORD_NAME);
}

/* The upper bits of `hash` say which text and which ring a word is of. */
static uint64_t tagged(uint64_t hash, const struct jb_wire *ring)
{
    return hash ^ (uint64_t)probe_native_epoch(ring) << 48;
}

static uint64_t look_up(struct jb_wire *ring, const struct nvtx_domain *domain, const char *text)
{
    uint64_t hash = tagged(hash_of(domain, text), ring);
    _Atomic uint64_t *place = &nvtx.recent[hash % RECENT];
    uint64_t word = atomic_load_explicit(place, memory_order_relaxed);
    if ((word & WORD_KNOWN) && ((word ^ hash) & WORD_HASH) == 0) {
        return word;
    }
    struct nvtx_name name;
    nvtx_name_of(domain ? domain->name : NULL, text, &name);
    nvtx_name_bound(&name);
    word = word_of(ring, flags_of(&name), name.text, hash);
    atomic_store_explicit(place, word, memory_order_relaxed);
    return word;
}

static uint64_t look_up_registered(struct jb_wire *ring, struct nvtx_string *string)
{
    uint64_t hash = tagged(string->hash, ring);
    uint64_t word = atomic_load_explicit(&string->word, memory_order_relaxed);
    if (!(word & WORD_KNOWN) || ((word ^ hash) & WORD_HASH) != 0) {
        word = word_of(ring, string->flags, string->text, hash);
        atomic_store_explicit(&string->word, word, memory_order_relaxed);
    }
    return word;
}

static uint64_t look_up_message(struct jb_wire *ring, const struct nvtx_domain *domain,
                                const struct nvtx_attributes *attributes)
{
    char narrow[JB_WIRE_NAME_MAX + 1];
    size_t needed = offsetof(struct nvtx_attributes, message) + sizeof(attributes->message);
    if (!attributes || attributes->size < needed) {
        return look_up(ring, domain, "");
    }
    switch (attributes->message_type) {
    case MESSAGE_ASCII:
        return look_up(ring, domain, attributes->message.ascii);
    case MESSAGE_WIDE:
        nvtx_name_narrow(attributes->message.wide, narrow, sizeof(narrow));
        return look_up(ring, domain, narrow);
    case MESSAGE_REGISTERED:
        return attributes->message.registered ? look_up_registered(ring, attributes->message.registered)
                                              : look_up(ring, domain, "");
    default:
        return look_up(ring, domain, "");
    }
}

/* Ranges of this thread that another thread has ended. */
static void settle_foreign(void)
{
    if (atomic_load_explicit(&nvtx.foreign_count, memory_order_relaxed) == 0) {
        return;
    }
    for (size_t i = 0; i < FOREIGN; i++) {
        uint64_t owner = atomic_load(&nvtx.foreign[i]);
        if (owner != 0 && probe_native_end(owner) && atomic_compare_exchange_strong(&nvtx.foreign[i], &owner, 0)) {
            atomic_fetch_sub(&nvtx.foreign_count, 1);
        }
    }
}

static void begin_word(struct jb_wire *ring, uint64_t owner, uint64_t word)
{
    unsigned kind = word & WORD_OPERATOR ? JB_EVENT_OPERATOR : JB_EVENT_RANGE;
    if (kind == JB_EVENT_OPERATOR && ring) {
        ring = probe_native_ring(JB_PATH_NVTX, kind);
    }
    if ((word & WORD_OF_PYTORCH) && probe_pytorch_attached()) {
        ring = NULL;
    }
    probe_native_begin(ring, owner, kind, (uint32_t)word & WORD_NAME, word >> WORD_ORIGIN_AT & 7);
}

static uint64_t stack_of(const struct nvtx_domain *domain)
{
    return (uint64_t)(uintptr_t)(domain ? (const void *)domain : (const void *)&nvtx);
}

static void begin_text(uint64_t owner, const struct nvtx_domain *domain, const char *text)
{
    settle_foreign();
    struct jb_wire *ring = probe_native_ring(JB_PATH_NVTX, JB_EVENT_RANGE);
    begin_word(ring, owner, ring ? look_up(ring, domain, text) : 0);
}

static void begin_attributes(uint64_t owner, const struct nvtx_domain *domain, const struct nvtx_attributes *attributes)
{
    settle_foreign();
    struct jb_wire *ring = probe_native_ring(JB_PATH_NVTX, JB_EVENT_RANGE);
    begin_word(ring, owner, ring ? look_up_message(ring, domain, attributes) : 0);
}

static int domain_push(struct nvtx_domain *domain, const struct nvtx_attributes *attributes)
{
    begin_attributes(stack_of(domain), domain, attributes);
    return NO_TRACKING;
}

static int domain_pop(struct nvtx_domain *domain)
{
    settle_foreign();
    probe_native_end(stack_of(domain));
    return NO_TRACKING;
}

static int push(const struct nvtx_attributes *attributes)
{
    return domain_push(NULL, attributes);
}

static int push_ascii(const char *text)
{
    begin_text(stack_of(NULL), NULL, text);
    return NO_TRACKING;
}

static int push_wide(const wchar_t *text)
{
    char narrow[JB_WIRE_NAME_MAX + 1];
    nvtx_name_narrow(text, narrow, sizeof(narrow));
    return push_ascii(narrow);
}

static int pop(void)
{
    return domain_pop(NULL);
}

/* Started ranges: one stack each, since they may end in any order. Above all addresses. */
static uint64_t owner_of_range(uint64_t range)
{
    return UINT64_C(1) << 63 | range << 3;
}

static uint64_t new_range(void)
{
    return atomic_fetch_add(&nvtx.ranges, 1) + 1;
}

static uint64_t domain_start(struct nvtx_domain *domain, const struct nvtx_attributes *attributes)
{
    uint64_t range = new_range();
    begin_attributes(owner_of_range(range), domain, attributes);
    return range;
}

static uint64_t start(const struct nvtx_attributes *attributes)
{
    return domain_start(NULL, attributes);
}

static uint64_t start_ascii(const char *text)
{
    uint64_t range = new_range();
    begin_text(owner_of_range(range), NULL, text);
    return range;
}

static uint64_t start_wide(const wchar_t *text)
{
    char narrow[JB_WIRE_NAME_MAX + 1];
    nvtx_name_narrow(text, narrow, sizeof(narrow));
    return start_ascii(narrow);
}

/* Only its own thread can end a span on the wire. Another leaves word for it; of more words than there is room for, the
 * range stays open until its thread ends. */
static void end(uint64_t range)
{
    settle_foreign();
    if (range == 0 || range > atomic_load(&nvtx.ranges) || probe_native_end(owner_of_range(range))) {
        return;
    }
    for (size_t i = 0; i < FOREIGN; i++) {
        uint64_t none = 0;
        if (atomic_compare_exchange_strong(&nvtx.foreign[i], &none, owner_of_range(range))) {
            atomic_fetch_add(&nvtx.foreign_count, 1);
            return;
        }
    }
    atomic_store(&nvtx.foreign[range % FOREIGN], owner_of_range(range));
}

static void domain_end(struct nvtx_domain *domain, uint64_t range)
{
    (void)domain;
    end(range);
}

/* One of a name. NULL, which is the default domain, when there are too many. */
static struct nvtx_domain *domain_create(const char *name)
{
    uint64_t hash = hash_of(NULL, name);
    for (uint64_t at = hash; atomic_load(&nvtx.domain_count) < MOST_DOMAINS / 4 * 3; at++) {
        _Atomic(struct nvtx_domain *) *place = &nvtx.domains[at % MOST_DOMAINS];
        struct nvtx_domain *there = atomic_load_explicit(place, memory_order_acquire);
        if (there && there->hash == hash) {
            return there;
        }
        if (there) {
            continue;
        }
        struct nvtx_domain *made = calloc(1, sizeof(*made));
        if (!made) {
            return NULL;
        }
        made->hash = hash;
        memcpy(made->name, name ? name : "", name ? strnlen(name, sizeof(made->name) - 1) : 0);
        if (atomic_compare_exchange_strong(place, &there, made)) {
            atomic_fetch_add(&nvtx.domain_count, 1);
            return made;
        }
        free(made);
        at--; /* look again at what came first */
    }
    return NULL;
}

static struct nvtx_domain *domain_create_wide(const wchar_t *name)
{
    char narrow[sizeof(((struct nvtx_domain *)0)->name)];
    nvtx_name_narrow(name, narrow, sizeof(narrow));
    return domain_create(narrow);
}

static struct nvtx_string *string_make(const struct nvtx_domain *domain, const char *text, uint64_t hash)
{
    struct nvtx_name name;
    nvtx_name_of(domain ? domain->name : NULL, text, &name);
    nvtx_name_bound(&name);
    size_t size = strlen(name.text) + 1;
    struct nvtx_string *made = calloc(1, sizeof(*made) + size);
    if (made) {
        made->hash = hash;
        made->flags = flags_of(&name);
        memcpy(made->text, name.text, size);
    }
    return made;
}

/* NULL, which is a message without text, when there are too many. */
static struct nvtx_string *string_register(struct nvtx_domain *domain, const char *text)
{
    uint64_t hash = hash_of(domain, text);
    for (uint64_t at = hash; atomic_load(&nvtx.string_count) < MOST_STRINGS / 4 * 3; at++) {
        _Atomic(struct nvtx_string *) *place = &nvtx.strings[at % MOST_STRINGS];
        struct nvtx_string *there = atomic_load_explicit(place, memory_order_acquire);
        if (there && there->hash == hash) {
            return there;
        }
        if (there) {
            continue;
        }
        struct nvtx_string *made = string_make(domain, text, hash);
        if (!made) {
            return NULL;
        }
        if (atomic_compare_exchange_strong(place, &there, made)) {
            atomic_fetch_add(&nvtx.string_count, 1);
            return made;
        }
        free(made);
        at--;
    }
    return NULL;
}

static struct nvtx_string *string_register_wide(struct nvtx_domain *domain, const wchar_t *text)
{
    char narrow[4 * (JB_WIRE_NAME_MAX + 1)];
    nvtx_name_narrow(text, narrow, sizeof(narrow));
    return string_register(domain, narrow);
}

/* By the numbers of nvtxTypes.h, NVTX_CBID_CORE_* and NVTX_CBID_CORE2_*. */
struct slot {
    unsigned number;
    nvtx_function function;
};
static const struct slot core[] = {
    {4, (nvtx_function)start},      {5, (nvtx_function)start_ascii}, {6, (nvtx_function)start_wide},
    {7, (nvtx_function)end},        {8, (nvtx_function)push},        {9, (nvtx_function)push_ascii},
    {10, (nvtx_function)push_wide}, {11, (nvtx_function)pop},
};
static const struct slot core2[] = {
    {2, (nvtx_function)domain_start},     {3, (nvtx_function)domain_end},
    {4, (nvtx_function)domain_push},      {5, (nvtx_function)domain_pop},
    {10, (nvtx_function)string_register}, {11, (nvtx_function)string_register_wide},
    {12, (nvtx_function)domain_create},   {13, (nvtx_function)domain_create_wide},
};

static void fill(const struct nvtx_callbacks *callbacks, int module, const struct slot *slots, size_t count)
{
    nvtx_function **table = NULL;
    unsigned size = 0;
    if (!callbacks->get_functions(module, &table, &size) || !table) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (slots[i].number < size && table[slots[i].number]) {
            *table[slots[i].number] = slots[i].function;
        }
    }
}

/* Nobody will ever listen here: no ring, or the user's switch. */
static bool never(void)
{
    struct jb_wire *ring = jb_wire_attach();
    return !ring || (!probe_ring(JB_PATH_NVTX) && (jb_wire_allowed(ring) & JB_PATH_NVTX));
}

/* Returns 1 always: on 0 the loader of NVTX would unload us. What has no function of ours then does nothing. */
int InitializeInjectionNvtx2(nvtx_get_table get)
{
    const struct nvtx_callbacks *callbacks = get ? get(TABLE_CALLBACKS) : NULL;
    if (!callbacks || callbacks->size < sizeof(*callbacks) || !callbacks->get_functions || never()) {
        return 1;
    }
    fill(callbacks, MODULE_CORE, core, sizeof(core) / sizeof(core[0]));
    fill(callbacks, MODULE_CORE2, core2, sizeof(core2) / sizeof(core2[0]));
    jb_wire_attached(jb_wire_attach(), JB_PATH_NVTX);
    return 1;
}
