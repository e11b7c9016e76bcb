/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses /proc/cpuinfo. x86 has a record per CPU with "model name", "physical id", "core id" and "flags"; ARM has
 * numbers ("CPU implementer", "CPU part") and, on 32 bits, a "model name" of no use; POWER says "cpu"; RISC-V "uarch".
 * Documented nowhere but in the kernel's arch/<arch>/kernel/.../cpu*.c. Keys are set off by tabs and a colon.
 */
#include "hardware/probe.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define MAX_SEEN 8192 /* CPUs looked at for sockets and cores */

struct topology {
    uint64_t *cores; /* socket << 32 | core, one a CPU */
    size_t count;
    uint64_t socket, core;
    bool have_socket, have_core;
};

static bool key_is(const char *line, size_t length, const char *key)
{
    size_t wanted = strlen(key);
    return length >= wanted && memcmp(line, key, wanted) == 0 && strspn(line + wanted, " \t") == length - wanted;
}

static void take_text(char *to, size_t size, const char *value, size_t length)
{
    if (to[0] != '\0' || length == 0) {
        return; /* the first CPU speaks for all */
    }
    size_t n = length < size - 1 ? length : size - 1;
    memcpy(to, value, n);
    to[n] = '\0';
    jb_sanitise(to);
}

static unsigned hexadecimal(const char *value, size_t length)
{
    unsigned n = 0;
    size_t i = length > 2 && value[0] == '0' && (value[1] == 'x' || value[1] == 'X') ? 2 : 0;
    for (; i < length && n < 0x1000000; i++) {
        char c = value[i];
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
        if (digit > 15) {
            break;
        }
        n = n * 16 + digit;
    }
    return n;
}

static bool has_word(const char *value, size_t length, const char *word)
{
    size_t wanted = strlen(word);
    for (size_t i = 0; i + wanted <= length; i++) {
        if (memcmp(value + i, word, wanted) == 0 && (i == 0 || value[i - 1] == ' ') &&
            (i + wanted == length || value[i + wanted] == ' ')) {
            return true;
        }
    }
    return false;
}

static void end_record(struct topology *t)
{
    if (t->have_socket && t->cores != NULL && t->count < MAX_SEEN) {
        t->cores[t->count] = t->socket << 32 | (t->have_core ? t->core : t->count);
        t->count++;
    }
    t->have_socket = t->have_core = false;
}

static void take_line(struct jb_cpuinfo *ret, struct topology *t, const char *line, size_t key_length,
                      const char *value, size_t length)
{
    uint64_t number = 0;
    const char *end;
    bool is_number = jb_scan_u64(value, length, &number, &end) == 0 && number < INT32_MAX;
    if (key_is(line, key_length, "processor") && is_number) {
        end_record(t);
        ret->threads++;
    } else if (key_is(line, key_length, "model name") || key_is(line, key_length, "cpu") ||
               key_is(line, key_length, "cpu model") || key_is(line, key_length, "uarch")) {
        take_text(ret->name, sizeof ret->name, value, length);
    } else if (key_is(line, key_length, "vendor_id")) {
        take_text(ret->vendor, sizeof ret->vendor, value, length);
    } else if (key_is(line, key_length, "Model")) {
        take_text(ret->board, sizeof ret->board, value, length);
    } else if (key_is(line, key_length, "cpu family") && is_number) {
        ret->family = (int)number;
    } else if (key_is(line, key_length, "model") && is_number) {
        ret->model_number = (int)number;
    } else if (key_is(line, key_length, "CPU implementer")) {
        ret->implementer = hexadecimal(value, length);
    } else if (key_is(line, key_length, "CPU part")) {
        unsigned part = hexadecimal(value, length);
        ret->part = part > ret->part ? part : ret->part; /* of big and little cores, the newer number is the big one */
    } else if (key_is(line, key_length, "physical id") && is_number) {
        t->socket = number;
        t->have_socket = true;
    } else if (key_is(line, key_length, "core id") && is_number) {
        t->core = number;
        t->have_core = true;
    } else if (key_is(line, key_length, "flags")) {
        ret->hypervisor |= has_word(value, length, "hypervisor");
    }
}

static int ascending(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void count_topology(struct topology *t, struct jb_cpuinfo *ret)
{
    if (t->count == 0) {
        return;
    }
    qsort(t->cores, t->count, sizeof t->cores[0], ascending);
    for (size_t i = 0; i < t->count; i++) {
        bool new_core = i == 0 || t->cores[i] != t->cores[i - 1];
        ret->cores += new_core;
        ret->sockets += i == 0 || t->cores[i] >> 32 != t->cores[i - 1] >> 32;
    }
}

void jb_cpuinfo_parse(const char *text, struct jb_cpuinfo *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->family = ret->model_number = -1;
    struct topology t = {.cores = calloc(MAX_SEEN, sizeof *t.cores)}; /* without memory: not told */
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        const char *colon = memchr(text, ':', length);
        if (colon != NULL) {
            const char *value = colon + 1;
            const char *end = text + length;
            while (value < end && (*value == ' ' || *value == '\t')) {
                value++;
            }
            take_line(ret, &t, text, (size_t)(colon - text), value, (size_t)(end - value));
        }
        text += length + (text[length] == '\n');
    }
    end_record(&t);
    count_topology(&t, ret);
    free(t.cores);
}

const char *jb_arm_core_name(unsigned implementer, unsigned part)
{
    static const struct {
        unsigned implementer, part;
        const char *name;
    } cores[] = {
        {0x41, 0xc07, "Cortex-A7"},      {0x41, 0xd03, "Cortex-A53"},   {0x41, 0xd04, "Cortex-A35"},
        {0x41, 0xd05, "Cortex-A55"},     {0x41, 0xd07, "Cortex-A57"},   {0x41, 0xd08, "Cortex-A72"},
        {0x41, 0xd09, "Cortex-A73"},     {0x41, 0xd0a, "Cortex-A75"},   {0x41, 0xd0b, "Cortex-A76"},
        {0x41, 0xd0c, "Neoverse-N1"},    {0x41, 0xd0d, "Cortex-A77"},   {0x41, 0xd40, "Neoverse-V1"},
        {0x41, 0xd41, "Cortex-A78"},     {0x41, 0xd42, "Cortex-A78AE"}, {0x41, 0xd49, "Neoverse-N2"},
        {0x41, 0xd4a, "Neoverse-E1"},    {0x41, 0xd4f, "Neoverse-V2"},  {0x41, 0xd83, "Neoverse-V3AE"},
        {0x41, 0xd84, "Neoverse-V3"},    {0x41, 0xd8e, "Neoverse-N3"},  {0x43, 0x0af, "Cavium ThunderX2"},
        {0x46, 0x001, "Fujitsu A64FX"},  {0x48, 0xd01, "Kunpeng 920"},  {0x4e, 0x004, "NVIDIA Carmel"},
        {0x51, 0x001, "Qualcomm Oryon"}, {0xc0, 0xac3, "AmpereOne"},    {0xc0, 0xac4, "AmpereOne"},
    };
    for (size_t i = 0; i < JB_COUNT(cores); i++) {
        if (cores[i].implementer == implementer && cores[i].part == part) {
            return cores[i].name;
        }
    }
    return NULL;
}
