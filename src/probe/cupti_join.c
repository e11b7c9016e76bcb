/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spans of kernels, tied to operators and put in order; manual in cupti_join.h.
 *
 * What lies on one stream runs one after the other, but CUPTI's times of two neighbours may overlap by a little
 * (programmatic dependent launch, rounding): the later one then begins where the earlier ends.
 */
#include "probe/cupti_join.h"

#include "trace/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct tie {
    uint32_t correlation;
    uint32_t used;
    uint64_t identity;
};

struct span {
    uint64_t start, end;        /* CUPTI's clock */
    uint32_t correlation, name; /* name: its own; 0: it was tied when it came */
    uint32_t stream;            /* index into streams */
};

struct stream {
    uint32_t device, context, stream;
    struct jb_wire_device *wire; /* NULL: not opened yet */
    bool refused;                /* the wire has no place for it */
    uint64_t last_ns;            /* where the last span ended, our clock */
};

struct cupti_join {
    struct tie ties[CUPTI_MOST_TIES];
    struct span spans[CUPTI_MOST_SPANS];
    struct stream streams[CUPTI_MOST_STREAMS];
    char devices[CUPTI_MOST_DEVICES][44];
    uint32_t span_count, stream_count;
    uint64_t newest;
    struct cupti_join_sums sums;
};

struct cupti_join *cupti_join_create(void)
{
    void *memory = mmap(NULL, sizeof(struct cupti_join), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void cupti_join_device(struct cupti_join *join, uint32_t device, const char *id)
{
    if (device < CUPTI_MOST_DEVICES) {
        size_t size = strnlen(id, sizeof(join->devices[0]) - 1);
        memcpy(join->devices[device], id, size);
        join->devices[device][size] = '\0';
    }
}

void cupti_join_sums(const struct cupti_join *join, struct cupti_join_sums *ret)
{
    *ret = join->sums;
}

static void lose(struct cupti_join *join, struct jb_wire *ring)
{
    join->sums.lost++;
    jb_wire_gpu_lost(ring, 1);
}

static const struct tie *tie_of(const struct cupti_join *join, uint32_t correlation)
{
    const struct tie *tie = &join->ties[correlation % CUPTI_MOST_TIES];
    return tie->used && tie->correlation == correlation ? tie : NULL;
}

/* CUPTI_MOST_STREAMS: there is no room for another. */
static uint32_t stream_of(struct cupti_join *join, const struct cupti_record *record)
{
    uint32_t i = 0;
    for (; i < join->stream_count; i++) {
        const struct stream *s = &join->streams[i];
        if (s->stream == record->stream && s->context == record->context && s->device == record->device) {
            return i;
        }
    }
    if (i < CUPTI_MOST_STREAMS) {
        join->streams[i] =
            (struct stream){.device = record->device, .context = record->context, .stream = record->stream};
        join->stream_count++;
    }
    return i;
}

static void add_span(struct cupti_join *join, struct jb_wire *ring, const struct cupti_record *record)
{
    uint32_t stream = CUPTI_MOST_STREAMS;
    join->sums.graphs |= record->kind == CUPTI_GRAPH_TRACE;
    if (record->start > 0 && record->end > record->start && join->span_count < CUPTI_MOST_SPANS) {
        stream = stream_of(join, record);
    }
    if (stream == CUPTI_MOST_STREAMS) {
        lose(join, ring);
        return;
    }
    uint32_t name = 0;
    if (!tie_of(join, record->correlation)) {
        char text[JB_WIRE_NAME_MAX + 1];
        cupti_record_name(record, text, sizeof(text)); /* now: CUPTI's text is gone when it is finalised */
        name = jb_wire_intern(ring, text);
    }
    join->spans[join->span_count++] = (struct span){
        .start = record->start, .end = record->end, .correlation = record->correlation, .name = name, .stream = stream};
    join->newest = record->end > join->newest ? record->end : join->newest;
}

void cupti_join_add(struct cupti_join *join, struct jb_wire *ring, const struct cupti_record *record)
{
    switch (record->what) {
    case CUPTI_SPAN:
        add_span(join, ring, record);
        break;
    case CUPTI_TIE:
        join->ties[record->correlation % CUPTI_MOST_TIES] =
            (struct tie){.correlation = record->correlation, .used = 1, .identity = record->identity};
        break;
    case CUPTI_OWN_TIME:
        if (record->end > record->start && record->start > 0) {
            join->sums.own_ns += record->end - record->start;
        }
        break;
    case CUPTI_NOTHING:
        break;
    }
}

static int by_stream_and_time(const void *a, const void *b)
{
    const struct span *x = a;
    const struct span *y = b;
    if (x->stream != y->stream) {
        return x->stream < y->stream ? -1 : 1;
    }
    if (x->start != y->start) {
        return x->start < y->start ? -1 : 1;
    }
    return x->end < y->end ? -1 : x->end > y->end;
}

static struct jb_wire_device *wire_of(struct cupti_join *join, struct jb_wire *ring, struct stream *stream)
{
    if (!stream->wire && !stream->refused) {
        const char *id = stream->device < CUPTI_MOST_DEVICES ? join->devices[stream->device] : "";
        stream->wire = jb_wire_device_open(ring, stream->device, id);
        stream->refused = !stream->wire;
    }
    return stream->wire;
}

static void write_span(struct cupti_join *join, struct jb_wire *ring, const struct cupti_clock *clock,
                       const struct span *span)
{
    struct stream *stream = &join->streams[span->stream];
    uint64_t t0 = 0;
    uint64_t t1 = 0;
    if (cupti_clock_convert(clock, span->start, &t0) != 0 || cupti_clock_convert(clock, span->end, &t1) != 0) {
        lose(join, ring);
        return;
    }
    t0 = t0 < stream->last_ns ? stream->last_ns : t0;
    struct jb_wire_device *wire = t1 > t0 ? wire_of(join, ring, stream) : NULL;
    if (!wire) {
        lose(join, ring);
        return;
    }
    const struct tie *tie = tie_of(join, span->correlation);
    uint32_t name = span->name;
    unsigned origin = JB_KERNEL_UNKNOWN;
    if (tie && (uint32_t)tie->identity < JB_WIRE_NAMES && tie->identity >> 32 <= JB_KERNEL_UNKNOWN) {
        name = (uint32_t)tie->identity;
        origin = (unsigned)(tie->identity >> 32);
    } else {
        join->sums.untied++;
    }
    int rc = jb_wire_device_span(wire, t0, t1, name, origin);
    if (rc == 0) {
        stream->last_ns = t1;
        join->sums.written++;
    } else if (rc == -ENOBUFS) {
        stream->last_ns = t1; /* the wire has counted it */
    } else {
        lose(join, ring);
    }
}

void cupti_join_write(struct cupti_join *join, struct jb_wire *ring, const struct cupti_clock *clock, bool all)
{
    if (!all && join->span_count < CUPTI_MOST_SPANS / 4) {
        return;
    }
    /* Where even that leaves it full, order matters less than the rest of the burst. */
    uint64_t until = all || join->newest < CUPTI_LATE_NS || join->span_count > CUPTI_MOST_SPANS / 4 * 3
                         ? UINT64_MAX
                         : join->newest - CUPTI_LATE_NS;
    qsort(join->spans, join->span_count, sizeof(join->spans[0]), by_stream_and_time);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < join->span_count; i++) {
        if (join->spans[i].end <= until) {
            write_span(join, ring, clock, &join->spans[i]);
        } else {
            join->spans[kept++] = join->spans[i];
        }
    }
    join->span_count = kept;
}
