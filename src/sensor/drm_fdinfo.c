/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drm_fdinfo.c - the text of one /proc/PID/fdinfo/FD of a DRM device.
 *
 * Documented in Documentation/gpu/drm-usage-stats.rst. The text of another process is hostile: lengths are bounded and
 * nothing but what is understood is taken. Odd: amdgpu leaves out engines that were never used, while i915 and xe tell
 * all of theirs or none; `drm-engine-capacity-X` shares its beginning with the engines; amdgpu before Linux 5.19 tells
 * percentages under other keys, and is no DRM text for us.
 */
#include "sensor/drm_fdinfo.h"

#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { NS = 1, CYCLES = 2, TOTAL = 4, CAPACITY = 8 };

struct parsed {
    struct jb_drm_fdinfo info;
    uint64_t ns[JB_DRM_MAX_ENGINES];
    unsigned int has[JB_DRM_MAX_ENGINES];
};

struct piece {
    const char *text;
    size_t length;
};

static struct piece trim(struct piece piece)
{
    while (piece.length > 0 && isspace((unsigned char)piece.text[0])) {
        piece.text++;
        piece.length--;
    }
    while (piece.length > 0 && isspace((unsigned char)piece.text[piece.length - 1])) {
        piece.length--;
    }
    return piece;
}

/* Does the key begin so? Then `ret` is its rest. */
static bool begins(struct piece key, const char *prefix, struct piece *ret)
{
    size_t length = strlen(prefix);
    if (key.length < length || memcmp(key.text, prefix, length) != 0) {
        return false;
    }
    *ret = (struct piece){key.text + length, key.length - length};
    return true;
}

static bool is(struct piece key, const char *name)
{
    struct piece rest;
    return begins(key, name, &rest) && rest.length == 0;
}

/* A word that fits, of characters that can stand in a name; else nothing is stored. */
static void take_word(struct piece value, char *word, size_t size)
{
    if (word[0] || value.length == 0 || value.length >= size) {
        return;
    }
    for (size_t i = 0; i < value.length; i++) {
        if (!isgraph((unsigned char)value.text[i])) {
            return;
        }
    }
    memcpy(word, value.text, value.length);
    word[value.length] = '\0';
}

/* A number with that unit behind it ("": none). */
static bool take_number(struct piece value, const char *unit, uint64_t *ret)
{
    const char *end;
    uint64_t number;
    if (value.length == 0 || !isdigit((unsigned char)value.text[0]) ||
        jb_scan_u64(value.text, value.length, &number, &end) < 0) {
        return false;
    }
    struct piece rest = trim((struct piece){end, value.length - (size_t)(end - value.text)});
    if (!is(rest, unit)) {
        return false;
    }
    *ret = number;
    return true;
}

/* The place of the engine of that name, which is made when there is none; -1: no room, or no name. */
static int engine_at(struct jb_drm_fdinfo *info, struct piece name)
{
    if (name.length == 0 || name.length >= sizeof(info->engines[0].name)) {
        return -1;
    }
    for (size_t i = 0; i < info->engine_count; i++) {
        if (is(name, info->engines[i].name)) {
            return (int)i;
        }
    }
    if (info->engine_count == JB_DRM_MAX_ENGINES) {
        return -1;
    }
    struct jb_drm_engine *engine = &info->engines[info->engine_count];
    *engine = (struct jb_drm_engine){.capacity = 1};
    take_word(name, engine->name, sizeof(engine->name));
    return engine->name[0] ? (int)info->engine_count++ : -1;
}

static void take_engine(struct parsed *parsed, struct piece name, struct piece value, unsigned int what)
{
    uint64_t number;
    if (!take_number(value, what == NS ? "ns" : "", &number) || (what == CAPACITY && number == 0)) {
        return;
    }
    int at = engine_at(&parsed->info, name);
    if (at < 0 || parsed->has[at] & what) {
        return;
    }
    struct jb_drm_engine *engine = &parsed->info.engines[at];
    parsed->has[at] |= what;
    *(what == NS       ? &parsed->ns[at]
      : what == CYCLES ? &engine->busy
      : what == TOTAL  ? &engine->total
                       : &engine->capacity) = number;
}

static void take_line(struct parsed *parsed, struct piece key, struct piece value)
{
    struct jb_drm_fdinfo *info = &parsed->info;
    struct piece name;
    if (is(key, "drm-driver")) {
        take_word(value, info->driver, sizeof(info->driver));
    } else if (is(key, "drm-pdev")) {
        take_word(value, info->pci, sizeof(info->pci));
    } else if (is(key, "drm-client-id")) {
        info->has_client = info->has_client || take_number(value, "", &info->client);
    } else if (begins(key, "drm-engine-capacity-", &name)) {
        take_engine(parsed, name, value, CAPACITY);
    } else if (begins(key, "drm-engine-", &name)) {
        take_engine(parsed, name, value, NS);
    } else if (begins(key, "drm-cycles-", &name)) {
        take_engine(parsed, name, value, CYCLES);
    } else if (begins(key, "drm-total-cycles-", &name)) {
        take_engine(parsed, name, value, TOTAL);
    }
}

/* Engines of which enough is told; nanoseconds are preferred. */
static void settle(struct parsed *parsed)
{
    struct jb_drm_fdinfo *info = &parsed->info;
    size_t kept = 0;
    for (size_t i = 0; i < info->engine_count; i++) {
        struct jb_drm_engine engine = info->engines[i];
        if (parsed->has[i] & NS) {
            engine.busy = parsed->ns[i];
            engine.total = 0;
        } else if ((parsed->has[i] & (CYCLES | TOTAL)) == (CYCLES | TOTAL)) {
            engine.cycles = true;
        } else {
            continue;
        }
        info->engines[kept++] = engine;
    }
    info->engine_count = kept;
}

int jb_drm_fdinfo_parse(const char *text, size_t length, struct jb_drm_fdinfo *ret)
{
    struct parsed parsed = {.info = {.engine_count = 0}};
    for (size_t at = 0; at < length;) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t line = end ? (size_t)(end - (text + at)) : length - at;
        const char *colon = memchr(text + at, ':', line);
        if (colon) {
            size_t key = (size_t)(colon - (text + at));
            take_line(&parsed, (struct piece){text + at, key}, trim((struct piece){colon + 1, line - key - 1}));
        }
        at += line + 1;
    }
    if (!parsed.info.driver[0]) {
        return -ENOENT;
    }
    settle(&parsed);
    *ret = parsed.info;
    return 0;
}
