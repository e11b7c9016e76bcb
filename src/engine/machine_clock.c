/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's busy time. Only the first line is wanted, but the kernel composes the whole file on each read, which
 * on a large machine costs a millisecond: the session therefore asks about once a second, not at every tick.
 * Steal is time that our CPUs did not run: nobody here used energy in it. iowait is idle.
 */
#include "engine/machine_clock.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/series.h"
#include "base/text.h"
#include "sensor/counter_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { USER, NICE, SYSTEM, IDLE, IOWAIT, IRQ, SOFTIRQ, STEAL, FIELDS };

int jb_machine_clock_parse(const char *text, size_t length, uint64_t ns_per_tick, struct jb_machine_busy *ret)
{
    uint64_t field[FIELDS] = {0};
    int count = 0;

    if (length < 4 || memcmp(text, "cpu ", 4) != 0) {
        return -EBADMSG;
    }
    const char *end = memchr(text, '\n', length);
    if (end == NULL) {
        end = text + length;
    }
    const char *at = text + 4;
    while (count < FIELDS && at < end) {
        const char *next;
        uint64_t value;
        if (jb_scan_u64(at, (size_t)(end - at), &value, &next) < 0) {
            break;
        }
        if (__builtin_mul_overflow(value, ns_per_tick, &field[count])) {
            return -EBADMSG;
        }
        count++;
        at = next;
    }
    if (count <= IDLE) {
        return -EBADMSG;
    }
    uint64_t total = 0;
    for (int i = 0; i < FIELDS; i++) {
        if (__builtin_add_overflow(total, field[i], &total)) {
            return -EBADMSG;
        }
    }
    ret->busy_ns = field[USER] + field[NICE] + field[SYSTEM];
    ret->system_ns = field[IRQ] + field[SOFTIRQ];
    ret->total_ns = total;
    return 0;
}

int jb_machine_clock_init(struct jb_machine_clock *clock, const char *root)
{
    long hz = sysconf(_SC_CLK_TCK);

    clock->ns_per_tick = JB_NS_PER_S / (hz > 0 ? (uint64_t)hz : 100);
    clock->fd = jb_series_open(root, "/proc/stat", 0);
    return clock->fd < 0 ? clock->fd : 0;
}

int jb_machine_clock_read(struct jb_machine_clock *clock, struct jb_machine_busy *ret)
{
    char text[512]; /* the first line is well below this; the rest is cut off */

    if (clock->fd < 0) {
        return -EBADF;
    }
    jb_counter_renew(clock->fd); /* below a root */
    ssize_t length = jb_series_pread_text(clock->fd, text, sizeof(text));
    if (length < 0) {
        return (int)length;
    }
    return jb_machine_clock_parse(text, (size_t)length, clock->ns_per_tick, ret);
}

void jb_machine_clock_finish(struct jb_machine_clock *clock)
{
    jb_closep(&clock->fd);
    clock->fd = -1;
}
