/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names in loaded libraries: object.h.
 *
 * glibc writes addresses into the dynamic section where the file has offsets, musl and the vDSO leave the offsets: what
 * lies below the base is an offset.
 */
#include "probe/object.h"

#include <link.h>
#include <string.h>

/* What a look-up needs of a dynamic section. */
struct tables {
    const ElfW(Sym) * symbols;
    const char *strings;
    size_t string_bytes;
    const uint32_t *gnu_hash; /* NULL: use `hash` */
    const uint32_t *hash;
    uintptr_t base;
};

static const void *address(uintptr_t base, ElfW(Addr) value)
{
    return (const void *)(value < base ? base + value : value); // NOLINT(performance-no-int-to-ptr): that is what it is
}

static bool tables_of(uintptr_t base, const void *dynamic, struct tables *ret)
{
    struct tables tables = {.base = base};
    for (const ElfW(Dyn) *entry = dynamic; entry->d_tag != DT_NULL; entry++) {
        switch (entry->d_tag) {
        case DT_SYMTAB:
            tables.symbols = address(base, entry->d_un.d_ptr);
            break;
        case DT_STRTAB:
            tables.strings = address(base, entry->d_un.d_ptr);
            break;
        case DT_STRSZ:
            tables.string_bytes = entry->d_un.d_val;
            break;
        case DT_GNU_HASH:
            tables.gnu_hash = address(base, entry->d_un.d_ptr);
            break;
        case DT_HASH:
            tables.hash = address(base, entry->d_un.d_ptr);
            break;
        default:
            break;
        }
    }
    if (tables.symbols == NULL || tables.strings == NULL || (tables.gnu_hash == NULL && tables.hash == NULL)) {
        return false;
    }
    *ret = tables;
    return true;
}

static void *defined_here(const struct tables *tables, uint32_t index, const char *name)
{
    const ElfW(Sym) *symbol = &tables->symbols[index];
    unsigned type = symbol->st_info & 0xfu;
    if (symbol->st_shndx == SHN_UNDEF || symbol->st_value == 0 || (type != STT_FUNC && type != STT_OBJECT) ||
        symbol->st_name >= tables->string_bytes || strcmp(tables->strings + symbol->st_name, name) != 0) {
        return NULL;
    }
    return (void *)(tables->base + symbol->st_value); // NOLINT(performance-no-int-to-ptr)
}

static void *by_gnu_hash(const struct tables *tables, const char *name)
{
    uint32_t hash = 5381;
    for (const char *c = name; *c != '\0'; c++) {
        hash = hash * 33 + (unsigned char)*c;
    }
    const uint32_t *table = tables->gnu_hash;
    uint32_t buckets = table[0];
    uint32_t first = table[1];
    uint32_t bloom_words = table[2];
    if (buckets == 0) {
        return NULL;
    }
    const uint32_t *bucket = table + 4 + (size_t)bloom_words * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
    const uint32_t *chain = bucket + buckets;
    uint32_t index = bucket[hash % buckets];
    if (index < first) {
        return NULL;
    }
    for (;; index++) {
        uint32_t stored = chain[index - first];
        if ((stored | 1u) == (hash | 1u)) {
            void *found = defined_here(tables, index, name);
            if (found != NULL) {
                return found;
            }
        }
        if (stored & 1u) {
            return NULL;
        }
    }
}

static void *by_hash(const struct tables *tables, const char *name)
{
    uint32_t count = tables->hash[1]; /* of the chain: one for each symbol */
    for (uint32_t i = 1; i < count; i++) {
        void *found = defined_here(tables, i, name);
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
}

static void *find(uintptr_t base, const void *dynamic, const char *name)
{
    struct tables tables;
    if (dynamic == NULL || !tables_of(base, dynamic, &tables)) {
        return NULL;
    }
    return tables.gnu_hash != NULL ? by_gnu_hash(&tables, name) : by_hash(&tables, name);
}

static const void *dynamic_of(const struct dl_phdr_info *info)
{
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_DYNAMIC) {
            uintptr_t at = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            return (const void *)at; // NOLINT(performance-no-int-to-ptr)
        }
    }
    return NULL;
}

static bool holds(const struct dl_phdr_info *info, uintptr_t at)
{
    for (unsigned i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD && at >= start && at - start < part->p_memsz) {
            return true;
        }
    }
    return false;
}

struct named {
    const char *stem;
    struct object *ret;
};

static int look_for_name(struct dl_phdr_info *info, size_t size, void *to)
{
    struct named *named = to;
    const char *path = info->dlpi_name != NULL ? info->dlpi_name : "";
    const char *slash = strrchr(path, '/');
    const char *file = slash != NULL ? slash + 1 : path;
    size_t length = strlen(named->stem);
    size_t bytes = strlen(path) + 1;
    if (strncmp(file, named->stem, length) != 0 || (file[length] != '\0' && file[length] != '.') ||
        bytes > OBJECT_PATH_MAX) {
        return 0;
    }
    named->ret->base = info->dlpi_addr;
    named->ret->dynamic = dynamic_of(info);
    memcpy(named->ret->path, path, bytes);
    return 1;
}

bool object_named(const char *stem, struct object *ret)
{
    struct named named = {.stem = stem, .ret = ret};
    return dl_iterate_phdr(look_for_name, &named) == 1;
}

void *object_symbol(const struct object *object, const char *name)
{
    return find(object->base, object->dynamic, name);
}

struct next {
    uintptr_t own;
    const char *name;
    bool past;
    void *after, *anywhere;
};

static int look_for_next(struct dl_phdr_info *info, size_t size, void *to)
{
    struct next *next = to;
    if (holds(info, next->own)) {
        next->past = true;
        return 0;
    }
    if (next->anywhere != NULL && !next->past) {
        return 0;
    }
    void *found = find(info->dlpi_addr, dynamic_of(info), next->name);
    if (found == NULL) {
        return 0;
    }
    if (next->past) {
        next->after = found;
        return 1;
    }
    next->anywhere = found;
    return 0;
}

void *object_next(const void *own, const char *name)
{
    struct next next = {.own = (uintptr_t)own, .name = name};
    dl_iterate_phdr(look_for_next, &next);
    return next.after != NULL ? next.after : next.anywhere;
}

static int look_at_loads(struct dl_phdr_info *info, size_t size, void *to)
{
    uint64_t *loads = to;
    if (size >= offsetof(struct dl_phdr_info, dlpi_adds) + sizeof(info->dlpi_adds)) {
        *loads = info->dlpi_adds;
    }
    return 1;
}

uint64_t object_loads(void)
{
    uint64_t loads = 0;
    dl_iterate_phdr(look_at_loads, &loads);
    return loads;
}
