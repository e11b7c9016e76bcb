/* SPDX-License-Identifier: Apache-2.0 */
/* Series from samples: see series_write.h. Whatever comes out is a series that series_text.c takes. */
#include "base/series_write.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/series.h"
#include "base/series_parse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FEW_CHANGES 8   /* fewer are no rate */
#define OVERHEAD    28  /* of a line: its time, its newline */
#define HEAD_ROOM   256 /* of the first line */

struct jb_series_sample {
    uint64_t ms;
    size_t at, length; /* in bytes */
    int err;           /* or a failure */
};

static size_t limit_of(const struct jb_series_writer *writer)
{
    return writer->limit > 0 && writer->limit < JB_SERIES_LIMIT ? writer->limit : JB_SERIES_LIMIT;
}

/* Whether samples as hexadecimal digits and lines with their times stay below the limit. */
static bool too_long(const struct jb_series_writer *writer, size_t more)
{
    return 2 * (writer->bytes.length + more) + (writer->count + 2) * OVERHEAD + HEAD_ROOM > limit_of(writer);
}

/* Let every second sample go, but not the first. */
static void thin(struct jb_series_writer *writer)
{
    size_t kept = 0, length = 0;
    for (size_t i = 0; i < writer->count; i += 2) {
        struct jb_series_sample sample = writer->samples[i];
        memmove(writer->bytes.data + length, writer->bytes.data + sample.at, sample.length);
        sample.at = length;
        length += sample.length;
        writer->samples[kept++] = sample;
    }
    writer->count = kept;
    writer->bytes.length = length;
    writer->pause_ms = writer->pause_ms > 0 ? 2 * writer->pause_ms : writer->end_ms / kept;
}

static bool grow(struct jb_series_writer *writer)
{
    if (writer->samples && writer->count < writer->capacity) {
        return true;
    }
    size_t capacity = writer->capacity > 0 ? 2 * writer->capacity : 64;
    struct jb_series_sample *samples = realloc(writer->samples, capacity * sizeof(*samples));
    if (!samples) {
        writer->failed = true;
        return false;
    }
    writer->samples = samples;
    writer->capacity = capacity;
    return true;
}

static void add(struct jb_series_writer *writer, uint64_t ms, const void *data, size_t length, int err)
{
    const struct jb_series_sample *last = writer->count > 0 ? &writer->samples[writer->count - 1] : NULL;
    if (writer->failed || (writer->looks > 0 && ms <= writer->end_ms)) {
        return;
    }
    writer->looks++;
    writer->end_ms = ms;
    if (last && last->err == err && last->length == length &&
        (length == 0 || memcmp(writer->bytes.data + last->at, data, length) == 0)) {
        return;
    }
    writer->changes += last != NULL;
    if (last && ms - last->ms < writer->pause_ms) {
        return;
    }
    while (last && writer->count > 2 && too_long(writer, length)) {
        thin(writer);
    }
    if (too_long(writer, length) || !grow(writer)) {
        return;
    }
    writer->samples[writer->count++] =
        (struct jb_series_sample){.ms = ms, .at = writer->bytes.length, .length = length, .err = err};
    jb_buf_add(&writer->bytes, data, length);
    writer->failed |= writer->bytes.failed;
}

void jb_series_seen(struct jb_series_writer *writer, uint64_t ms, const void *data, size_t length)
{
    add(writer, ms, data, length, 0);
}

void jb_series_seen_failing(struct jb_series_writer *writer, uint64_t ms, int err)
{
    add(writer, ms, "", 0, err < 0 ? -err : err);
}

void jb_series_seen_said(struct jb_series_writer *writer, const char *text)
{
    uint64_t t_ns, start_ns = 0;
    for (const char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        const char *said;
        if (jb_scan_u64(line, (size_t)(end - line), &t_ns, &said) < 0 || *said != ' ') {
            continue;
        }
        start_ns = writer->looks > 0 ? start_ns : t_ns;
        if (t_ns >= start_ns) {
            jb_series_seen(writer, (t_ns - start_ns) / JB_NS_PER_MS, said + 1, (size_t)(end - said));
        }
    }
}

static bool is_text(const struct jb_series_writer *writer)
{
    for (size_t i = 0; i < writer->bytes.length; i++) {
        unsigned char c = (unsigned char)writer->bytes.data[i];
        if ((c < 0x20 && c != '\n' && c != '\t') || c >= 0x7f) {
            return false;
        }
    }
    return true;
}

static void put_content(const struct jb_series_writer *writer, const struct jb_series_sample *sample, bool hex,
                        struct jb_buf *out)
{
    const char *data = writer->bytes.data ? writer->bytes.data + sample->at : "";
    size_t length = sample->length;
    if (sample->err != 0) {
        jb_buf_printf(out, "!%s", jb_series_failure_name(sample->err));
        return;
    }
    for (size_t i = 0; hex && i < length; i++) {
        jb_buf_printf(out, "%02x", (unsigned)(unsigned char)data[i]);
    }
    if (hex) {
        return;
    }
    length -= length > 0 && data[length - 1] == '\n';
    for (size_t i = 0; i < length; i++) {
        if (data[i] == '\n' || data[i] == '\\' || (i == 0 && data[i] == '!')) {
            jb_buf_puts(out, data[i] == '\n' ? "\\n" : data[i] == '!' ? "\\!" : "\\\\");
        } else {
            jb_buf_add(out, &data[i], 1);
        }
    }
}

static void put_line(const struct jb_series_writer *writer, uint64_t ms, const struct jb_series_sample *sample,
                     bool hex, struct jb_buf *out)
{
    jb_buf_printf(out, "%" PRIu64 " ", ms);
    put_content(writer, sample, hex, out);
    jb_buf_puts(out, "\n");
}

/* How the integers of a line go from one to the next. */
struct course {
    bool alike, rises, falls;
    unsigned integers; /* in a line */
};

static void compare(const struct jb_series_line *before, const struct jb_series_line *now, struct course *course)
{
    struct jb_series_scan a = {.at = before->at, .end = before->end}, b = {.at = now->at, .end = now->end};
    struct jb_series_token old, new;
    course->integers = 0;
    while (jb_series_token(&b, &new) > 0) {
        if (jb_series_token(&a, &old) <= 0 || old.number != new.number || (!new.number &&old.byte != new.byte)) {
            course->alike = false;
            return;
        }
        course->integers += new.number;
        course->rises |= new.number &&new.value > old.value;
        course->falls |= new.number &&new.value < old.value;
    }
    course->alike = course->alike && jb_series_token(&a, &old) == 0;
}

static struct course course_of(const struct jb_buf *lines)
{
    struct course course = {.alike = true};
    struct jb_series_line before = {0}, now;
    const char *at = lines->data, *end = at + lines->length;
    while (course.alike && jb_series_line(&at, end, &now) > 0) {
        if (jb_series_failure(&now) == 0) {
            compare(before.at ? &before : &now, &now, &course);
            before = now;
        }
    }
    return course;
}

static uint64_t word_at(const struct jb_series_writer *writer, const struct jb_series_sample *sample, size_t offset)
{
    uint64_t word = 0;
    for (size_t i = 8; i > 0; i--) {
        word = word << 8 | (unsigned char)writer->bytes.data[sample->at + offset + i - 1];
    }
    return word;
}

/* Whether the eight bytes there count up, and by how much in all. */
static bool counts_up(const struct jb_series_writer *writer, size_t offset, uint64_t *ret)
{
    uint64_t first = 0, before = 0, rises = 0, seen = 0;
    for (size_t i = 0; i < writer->count; i++) {
        const struct jb_series_sample *sample = &writer->samples[i];
        if (sample->err != 0) {
            continue;
        }
        uint64_t now = offset + 8 <= sample->length ? word_at(writer, sample, offset) : 0;
        if (seen++ == 0) {
            first = now;
        } else if (now < before) {
            return false;
        } else {
            rises += now > before;
        }
        before = now;
    }
    *ret = before - first;
    return rises >= FEW_CHANGES;
}

/* Binary tables keep their counters as 64-bit words in their places (amdgpu's gpu_metrics): they go on. */
static void put_rounds(const struct jb_series_writer *writer, struct jb_buf *out)
{
    size_t length = SIZE_MAX, count = 0;
    uint64_t amount;
    for (size_t i = 0; i < writer->count; i++) {
        const struct jb_series_sample *sample = &writer->samples[i];
        length = sample->err == 0 && sample->length < length ? sample->length : length;
    }
    for (size_t at = 0; length != SIZE_MAX && at + 8 <= length && count < JB_SERIES_ADDS; at += 8) {
        if (counts_up(writer, at, &amount)) {
            jb_buf_printf(out, " round=%zu:8:%" PRIu64, at, amount);
            count++;
        }
    }
}

static void put_head(const struct jb_series_writer *writer, const struct jb_buf *lines, bool hex, uint64_t wrap,
                     struct jb_buf *out)
{
    struct course course = {.alike = false};
    if (!hex) {
        course = course_of(lines);
    }
    bool often = writer->changes >= FEW_CHANGES && 2 * writer->changes >= writer->looks;
    bool wraps = course.alike && course.integers == 1 && wrap > 1;
    bool counts = course.alike && course.rises && (!course.falls || wraps);
    jb_buf_puts(out, JB_SERIES_MAGIC "1");
    jb_buf_puts(out, hex ? " hex" : counts && often ? " linear every=1" : "");
    if (hex) {
        put_rounds(writer, out);
    }
    if (wraps) {
        jb_buf_printf(out, " wrap=%" PRIu64, wrap);
    }
    if (counts && writer->changes < FEW_CHANGES) {
        jb_buf_puts(out, " then=again");
    }
    jb_buf_puts(out, "\n");
}

int jb_series_write(const struct jb_series_writer *writer, uint64_t wrap, struct jb_buf *out)
{
    bool hex = !is_text(writer);
    if (writer->count == 0 || writer->failed) {
        return writer->failed ? -ENOMEM : -ENODATA;
    }
    JB_CLEANUP(jb_buf_finish) struct jb_buf lines = {0};
    for (size_t i = 0; i < writer->count; i++) {
        put_line(writer, writer->samples[i].ms, &writer->samples[i], hex, &lines);
    }
    const struct jb_series_sample *last = &writer->samples[writer->count - 1];
    if (writer->end_ms > last->ms) { /* how long it stood at its last value is part of its mean rate */
        put_line(writer, writer->end_ms, last, hex, &lines);
    }
    if (lines.failed) {
        return -ENOMEM;
    }
    put_head(writer, &lines, hex, wrap, out);
    jb_buf_add(out, lines.data, lines.length);
    return out->failed ? -ENOMEM : 0;
}

void jb_series_writer_finish(struct jb_series_writer *writer)
{
    free(writer->samples);
    jb_buf_finish(&writer->bytes);
    memset(writer, 0, sizeof(*writer));
}
