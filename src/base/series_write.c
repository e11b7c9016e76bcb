/* SPDX-License-Identifier: Apache-2.0 */
/* Series from samples: see series_write.h. Whatever comes out is a series that series_text.c takes. */
#include "base/series_write.h"

#include "base/series.h"
#include "base/series_parse.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FEW_CHANGES 8   /* fewer are no rate */
#define OVERHEAD    32  /* of a line: its time, its newline */
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
    if (writer->count < writer->capacity) {
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
    if (writer->failed || (last && ms <= last->ms)) {
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
    while (too_long(writer, length) && writer->count > 2) {
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

/* What the samples are if they are one integer each. */
struct course {
    bool integers, falls;
};

static struct course course_of(const struct jb_series_writer *writer)
{
    struct course course = {.integers = true};
    uint64_t before = 0;
    for (size_t i = 0; i < writer->count && course.integers; i++) {
        const struct jb_series_sample *sample = &writer->samples[i];
        const char *data = writer->bytes.data ? writer->bytes.data + sample->at : "", *end = data;
        uint64_t value;
        if (sample->err != 0) {
            continue;
        }
        course.integers = jb_scan_u64(data, sample->length, &value, &end) == 0 &&
                          (end == data + sample->length || (*end == '\n' && end + 1 == data + sample->length));
        if (course.integers) {
            course.falls |= value < before;
            before = value;
        }
    }
    return course;
}

static void put_head(const struct jb_series_writer *writer, bool hex, uint64_t wrap, struct jb_buf *out)
{
    struct course course = course_of(writer);
    bool often = writer->changes >= FEW_CHANGES && 2 * writer->changes >= writer->looks;
    bool counts = !hex && course.integers && (!course.falls || wrap > 1);
    jb_buf_puts(out, JB_SERIES_MAGIC "1");
    if (hex) {
        jb_buf_puts(out, " hex");
    } else if (counts && often) {
        jb_buf_puts(out, " linear every=1");
    }
    if (counts && wrap > 1) {
        jb_buf_printf(out, " wrap=%" PRIu64, wrap);
    }
    if (writer->changes > 0 && writer->changes < FEW_CHANGES) {
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
    put_head(writer, hex, wrap, out);
    for (size_t i = 0; i < writer->count; i++) {
        jb_buf_printf(out, "%" PRIu64 " ", writer->samples[i].ms);
        put_content(writer, &writer->samples[i], hex, out);
        jb_buf_puts(out, "\n");
    }
    /* How long it stood at its last value is part of its mean rate. */
    const struct jb_series_sample *last = &writer->samples[writer->count - 1];
    if (writer->end_ms > last->ms) {
        jb_buf_printf(out, "%" PRIu64 " ", writer->end_ms);
        put_content(writer, last, hex, out);
        jb_buf_puts(out, "\n");
    }
    return out->failed ? -ENOMEM : 0;
}

void jb_series_writer_finish(struct jb_series_writer *writer)
{
    free(writer->samples);
    jb_buf_finish(&writer->bytes);
    memset(writer, 0, sizeof(*writer));
}
