/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts of NVTX ranges; formats and rules in nvtx_name.h.
 *
 * Everything here is the program's and may be anything: each loop is bounded by NVTX_LONGEST.
 */
#include "probe/nvtx_name.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

struct view {
    const char *text;
    size_t size;
};

static bool starts(struct view v, const char *with)
{
    size_t size = strlen(with);
    return v.size >= size && memcmp(v.text, with, size) == 0;
}

/* Where `what` first stands in v, or v.size. */
static size_t find(struct view v, const char *what)
{
    const char *found = memmem(v.text, v.size, what, strlen(what));
    return found ? (size_t)(found - v.text) : v.size;
}

static bool has(struct view v, const char *what)
{
    return find(v, what) < v.size;
}

static struct view after(struct view v, size_t skip)
{
    return (struct view){v.text + skip, v.size - skip};
}

static struct view before(struct view v, const char *what)
{
    return (struct view){v.text, find(v, what)};
}

/* Append to the name's text; what finds no room is cut. */
static void put(struct nvtx_name *ret, size_t *used, struct view v)
{
    size_t room = sizeof(ret->text) - 1 - *used;
    size_t size = v.size < room ? v.size : room;
    memcpy(ret->text + *used, v.text, size);
    *used += size;
    ret->text[*used] = '\0';
}

static void puts_(struct nvtx_name *ret, size_t *used, const char *text)
{
    put(ret, used, (struct view){text, strlen(text)});
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "fusion.12.1" -> "fusion" */
static struct view without_numbers(struct view v)
{
    for (;;) {
        size_t size = v.size;
        while (size > 0 && is_digit(v.text[size - 1])) {
            size--;
        }
        if (size == v.size || size < 2 || v.text[size - 1] != '.') {
            return v;
        }
        v.size = size - 1;
    }
}

/* The program's part of PATH: without the calls of jit() that every operation is in, and without parameters. */
static struct view scope_of(struct view path)
{
    while (starts(path, "jit(") || starts(path, "pjit(")) {
        size_t end = find(path, "/");
        if (end == path.size) {
            break;
        }
        path = after(path, end + 1);
    }
    return before(path, "[");
}

/* `v` begins behind "Thunk:#". */
static void of_thunk(struct view v, struct nvtx_name *ret)
{
    struct view path = {"", 0};
    struct view op = {"", 0};
    if (starts(v, "name=")) {
        path = before(after(v, 5), ",hlo_op=");
        v = after(v, 5 + path.size);
        path = path.size > 0 && v.size == 0 ? before(path, "#") : path;
    }
    size_t at = find(v, "hlo_op=");
    if (at < v.size) {
        op = after(v, at + 7);
        op = before(before(op, ","), "#");
    }
    ret->kind = JB_EVENT_OPERATOR;
    if (has(path, "transpose(")) {
        ret->origin = JB_KERNEL_BACKWARD;
    } else if (has(path, "jvp(")) {
        ret->origin = JB_KERNEL_FORWARD;
    }
    size_t used = 0;
    struct view scope = scope_of(path);
    puts_(ret, &used, "xla::");
    put(ret, &used, op.size > 0 ? without_numbers(op) : (struct view){"thunk", 5});
    if (scope.size > 0) {
        puts_(ret, &used, " [");
        scope.size = scope.size < 160 ? scope.size : 160;
        put(ret, &used, scope);
        puts_(ret, &used, "]");
    }
}

/* `v` begins behind "XlaModule:#". The number of the program would make a name of each compilation. */
static void of_module(struct view v, struct nvtx_name *ret)
{
    size_t used = 0;
    puts_(ret, &used, "XlaModule");
    size_t at = find(v, "hlo_module=");
    if (at < v.size) {
        puts_(ret, &used, ": ");
        put(ret, &used, before(before(after(v, at + 11), ","), "#"));
    }
}

static bool of_emit_nvtx(struct view v, struct nvtx_name *ret)
{
    struct view name = before(before(before(v, ", seq = "), ", op_id = "), ", sizes = ");
    if (name.size == v.size && !starts(v, "aten::")) {
        return false;
    }
    size_t used = 0;
    put(ret, &used, name);
    ret->kind = JB_EVENT_OPERATOR;
    ret->of_pytorch = true;
    return true;
}

void nvtx_name_of(const char *domain, const char *text, struct nvtx_name *ret)
{
    struct view v = {text ? text : "", text ? strnlen(text, NVTX_LONGEST) : 0};
    struct view d = {domain ? domain : "", domain ? strnlen(domain, NVTX_LONGEST) : 0};
    ret->kind = JB_EVENT_RANGE;
    ret->origin = JB_KERNEL_UNKNOWN;
    ret->of_pytorch = false;
    ret->text[0] = '\0';
    if (starts(v, "Thunk:#")) {
        of_thunk(after(v, 7), ret);
        return;
    }
    if (starts(v, "XlaModule:#")) {
        of_module(after(v, 11), ret);
        return;
    }
    if (d.size == 0 && of_emit_nvtx(v, ret)) {
        return;
    }
    size_t used = 0;
    if (d.size == 4 && starts(d, "NCCL")) {
        ret->kind = JB_EVENT_OPERATOR;
        put(ret, &used, v);
        return;
    }
    if (d.size == 3 && starts(d, "TSL")) {
        v = before(v, "#");
        v.size -= v.size > 0 && v.text[v.size - 1] == ':';
    }
    if (d.size > 0) {
        d.size = d.size < 64 ? d.size : 64;
        put(ret, &used, d);
        puts_(ret, &used, ": ");
    }
    put(ret, &used, v);
}

/* Texts seen (SEEN of them at most) and how many there were of each stem, by hash: a collision of stems makes '*'
 * come a little earlier, one of texts keeps a name that would have been folded. */
enum { SEEN = 4096, STEMS = 512 };
static struct {
    _Atomic uint32_t seen[SEEN];
    _Atomic uint32_t stems[STEMS];
} bound;

static uint32_t hash(uint32_t h, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        h = (h ^ (unsigned char)text[i]) * 16777619u;
    }
    return h;
}

void nvtx_name_bound(struct nvtx_name *name)
{
    size_t size = strlen(name->text);
    size_t end = size;
    while (end > 0 && !is_digit(name->text[end - 1])) {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && is_digit(name->text[begin - 1])) {
        begin--;
    }
    if (begin == end) {
        return;
    }
    uint32_t whole = hash(2166136261u, name->text, size) | 1u;
    _Atomic uint32_t *seen = &bound.seen[(whole >> 1) % SEEN];
    if (atomic_load_explicit(seen, memory_order_relaxed) == whole) {
        return;
    }
    uint32_t stem = hash(hash(2166136261u, name->text, begin) ^ 0x2au, name->text + end, size - end);
    _Atomic uint32_t *count = &bound.stems[stem % STEMS];
    if (atomic_load_explicit(count, memory_order_relaxed) < NVTX_OF_A_STEM) {
        atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
        atomic_store_explicit(seen, whole, memory_order_relaxed);
        return;
    }
    name->text[begin] = '*';
    memmove(name->text + begin + 1, name->text + end, size - end + 1);
}

void nvtx_name_narrow(const wchar_t *text, char *buffer, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; text && i < NVTX_LONGEST && text[i] != L'\0'; i++) {
        uint32_t c = (uint32_t)text[i];
        if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
            c = '?';
        }
        size_t bytes = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        if (used + bytes >= size) {
            break;
        }
        if (bytes == 1) {
            buffer[used++] = (char)c;
            continue;
        }
        static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
        for (size_t b = bytes; b-- > 1;) {
            buffer[used + b] = (char)(0x80 | (c & 0x3f));
            c >>= 6;
        }
        buffer[used] = (char)(leads[bytes] | c);
        used += bytes;
    }
    buffer[used] = '\0';
}
