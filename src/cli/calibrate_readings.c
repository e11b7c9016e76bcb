/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the readings of a calibration come from: a node meter that a driver reads, a person who types what a meter
 * shows, or a file.
 *
 * Each step keeps a part of the CPUs busy, lets the machine settle, and takes the means of both sides over the rest. A
 * slow meter's mean over its last update may still hold the load before, so it settles for its window too.
 *
 * Odd: typed numbers come through poll() and a buffer of our own and not through stdio, because the sensors must be
 * read on while a person thinks: counters wrap.
 */
#include "cli/calibrate.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/text.h"
#include "base/units.h"
#include "engine/burn.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define DEFAULT_NS  (15 * JB_NS_PER_S)
#define SETTLE_NS   (5 * JB_NS_PER_S) /* supplies and fans follow in seconds; a third of a short step */
#define STEPS       5
#define MAX_PAIRS   (1u << 20) /* bytes of the file */
#define ENOUGH      0.5        /* of a step must be covered by the meter */
#define MAX_METER_W 1e7

struct steps {
    struct jb_session *session;
    const struct calibrate_options *options;
    int stop_fd;
    bool typed;
    uint64_t settle_ns, duration_ns;
    unsigned count;
    struct calibrate_readings *readings;
    char input[128]; /* typed and not yet read */
    size_t input_length;
    bool input_ended;
};

int calibrate_watch(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Read the sensors until end_ns, or for ever until input_fd (-1: none) is readable: 1. 0; -EINTR: told to stop. */
static int meter_until(const struct steps *steps, uint64_t end_ns, int input_fd)
{
    struct pollfd fds[] = {
        {.fd = jb_session_timer_fd(steps->session), .events = POLLIN},
        {.fd = steps->stop_fd, .events = POLLIN},
        {.fd = input_fd, .events = POLLIN},
    };

    while (jb_mono_ns() < end_ns) {
        if (poll(fds, JB_COUNT(fds), 1000) < 0 && errno != EINTR) {
            return -errno;
        }
        if (fds[1].revents != 0) {
            return -EINTR;
        }
        if (fds[0].revents != 0) {
            jb_session_tick(steps->session);
        }
        if (fds[2].revents != 0) {
            return 1;
        }
    }
    return 0;
}

/* The next line typed, without its end. 1, 0 at the end of the input, -EINTR. */
static int next_line(struct steps *steps, char *line, size_t size)
{
    for (;;) {
        char *end = memchr(steps->input, '\n', steps->input_length);
        bool full = steps->input_length == sizeof(steps->input);
        if (end != NULL || full || (steps->input_ended && steps->input_length > 0)) {
            size_t length = end != NULL ? (size_t)(end - steps->input) : steps->input_length;
            size_t used = end != NULL ? length + 1 : length, copied = length < size ? length : size - 1;
            memcpy(line, steps->input, copied);
            line[copied] = '\0';
            steps->input_length -= used;
            memmove(steps->input, steps->input + used, steps->input_length);
            return 1;
        }
        if (steps->input_ended) {
            return 0;
        }
        int ready = meter_until(steps, UINT64_MAX, STDIN_FILENO);
        if (ready < 0) {
            return ready;
        }
        ssize_t got =
            read(STDIN_FILENO, steps->input + steps->input_length, sizeof(steps->input) - steps->input_length);
        steps->input_ended = got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN);
        steps->input_length += got > 0 ? (size_t)got : 0;
    }
}

/* What the meter shows, in watts. 1; 0: the person has no more; -EINTR. */
static int ask(struct steps *steps, double *ret_w)
{
    char line[64];

    for (;;) {
        fputs("meter shows (W), empty to end: ", stderr);
        int got = next_line(steps, line, sizeof(line));
        if (!isatty(STDIN_FILENO)) {
            fputc('\n', stderr);
        }
        char *text = got > 0 ? jb_trim(line) : line;
        size_t length = got > 0 ? strlen(text) : 0;
        if (got < 0 || length == 0) {
            return got < 0 ? got : 0;
        }
        if (text[length - 1] == 'W' || text[length - 1] == 'w') {
            text[length - 1] = '\0';
        }
        if (jb_parse_double(jb_trim(text), ret_w) == 0 && *ret_w > 0 && *ret_w <= MAX_METER_W) {
            return 1;
        }
        cli_complain(&cmd_calibrate, 0, "that is no number of watts");
    }
}

static void keep(struct calibrate_readings *readings, double sensors_w, double wall_w, double seconds)
{
    readings->list[readings->count++] = (struct jb_wall_reading){sensors_w, wall_w, seconds};
}

/* 1: goes on; 0: the person has no more; -EINTR, ... */
static int take(struct steps *steps, const struct jb_wall_mark *from, const struct jb_wall_mark *to)
{
    double seconds = to->t_s - from->t_s, read_s = to->wall_s - from->wall_s, wall_w;
    char text[JB_UNIT_TEXT], wall[JB_UNIT_TEXT];

    if (steps->typed) {
        double sensors_w = (to->sensors_j - from->sensors_j) / seconds;
        fprintf(stderr, "  the sensors saw %s\n", jb_format_power(sensors_w, text, sizeof(text)));
        int answer = ask(steps, &wall_w);
        if (answer > 0) {
            keep(steps->readings, sensors_w, wall_w, seconds);
        }
        return answer;
    }
    if (read_s < ENOUGH * seconds) {
        cli_complain(&cmd_calibrate, 0, "the meter was read for only %.1f s of %.1f s: this step does not count",
                     read_s, seconds);
        return 1;
    }
    double sensors_w = (to->beside_j - from->beside_j) / read_s;
    wall_w = (to->wall_j - from->wall_j) / read_s;
    fprintf(stderr, "  the sensors saw %s, the wall %s\n", jb_format_power(sensors_w, text, sizeof(text)),
            jb_format_power(wall_w, wall, sizeof(wall)));
    keep(steps->readings, sensors_w, wall_w, read_s);
    return 1;
}

static int step(struct steps *steps, unsigned number)
{
    double load = steps->count > 1 ? (double)number / (steps->count - 1) : 0;
    bool own = !steps->options->no_load && number < steps->count;
    struct jb_burn *burn = NULL;
    struct jb_wall_mark from, to;
    char text[JB_UNIT_TEXT];

    jb_format_duration((double)steps->duration_ns / 1e9, text, sizeof(text));
    if (own) {
        fprintf(stderr, "step %u: %.0f %% of the CPUs busy for %s\n", number + 1, 100 * load, text);
        int error = jb_burn_start(load, &burn);
        if (error < 0) {
            return error;
        }
    } else {
        fprintf(stderr, "step %u: keep your load steady for %s\n", number + 1, text);
    }
    int result = meter_until(steps, jb_mono_ns() + steps->settle_ns, -1);
    jb_session_wall_mark(steps->session, &from);
    if (result == 0) {
        result = meter_until(steps, jb_mono_ns() + steps->duration_ns - steps->settle_ns, -1);
    }
    jb_session_wall_mark(steps->session, &to);
    if (result == 0) { /* the load goes on while a person looks at the meter */
        result = take(steps, &from, &to);
    }
    jb_burn_stop(burn);
    return result;
}

/* Is there a node meter that answers? Its first reading may be a while in coming. */
static int find_meter(struct steps *steps)
{
    struct jb_wall_mark mark = {.has_wall = false};
    uint64_t end_ns = jb_mono_ns() + SETTLE_NS;
    int result = 0;

    do {
        result = meter_until(steps, jb_mono_ns() + 100 * JB_NS_PER_MS, -1);
        jb_session_wall_mark(steps->session, &mark);
    } while (result == 0 && !mark.has_wall && mark.channel >= 0 && jb_mono_ns() < end_ns);
    struct calibrate_readings *readings = steps->readings;
    steps->typed = !mark.has_wall;
    jb_copy(readings->meter, sizeof(readings->meter), "typed");
    readings->meter_error = steps->options->meter_error;
    if (!steps->typed) {
        const struct jb_meter *meter = jb_session_meter(steps->session);
        const struct jb_channel *channel = jb_meter_channel(meter, mark.channel);
        struct jb_source_info info;
        jb_meter_source_info(meter, jb_meter_channel_source(meter, mark.channel), &info);
        jb_copy(readings->meter, sizeof(readings->meter), info.driver);
        readings->meter_error = isnan(readings->meter_error) ? channel->rel_error : readings->meter_error;
        uint64_t most_ns = steps->duration_ns / 2, settle_ns = steps->settle_ns + channel->window_ns;
        steps->settle_ns = settle_ns < most_ns ? settle_ns : most_ns;
    }
    return result;
}

int calibrate_measure(struct jb_session *session, const struct calibrate_options *options, int stop_fd,
                      struct calibrate_readings *ret)
{
    uint64_t duration_ns = options->duration_ns > 0 ? options->duration_ns : DEFAULT_NS;
    struct steps steps = {
        .session = session,
        .options = options,
        .stop_fd = stop_fd,
        .typed = true,
        .duration_ns = duration_ns,
        .settle_ns = duration_ns / 3 < SETTLE_NS ? duration_ns / 3 : SETTLE_NS,
        .count = options->steps > 0 ? options->steps : STEPS,
        .readings = ret,
    };
    int result = 0;

    jb_copy(ret->meter, sizeof(ret->meter), "typed");
    ret->meter_error = options->meter_error;
    if (!options->typed) {
        result = find_meter(&steps);
        if (steps.typed && result == 0) {
            fputs("no meter of the whole machine answers: type what yours shows\n", stderr);
        }
    }
    if (steps.typed && result == 0) {
        fputs("after each step read the meter, change the load if it is yours to change, then type what the meter "
              "showed\n",
              stderr);
    }
    for (unsigned i = 0; result >= 0 && ret->count < CALIBRATE_READINGS && (steps.typed || i < steps.count); i++) {
        result = step(&steps, i);
        if (result == 0) {
            break;
        }
    }
    if (result == -EINTR) {
        return cli_complain(&cmd_calibrate, 128 + SIGINT, "interrupted; nothing was kept");
    }
    return result < 0 ? cli_complain(&cmd_calibrate, 1, "cannot measure: %s", strerror(-result)) : -1;
}

int calibrate_pairs(const char *path, struct calibrate_readings *ret)
{
    JB_CLEANUP(jb_freep) char *text = NULL;
    struct jb_diag diag = {0};
    struct jb_csv csv;
    char *fields[3];
    int count;

    if (jb_read_all(path, MAX_PAIRS, &text, NULL, &diag) < 0) {
        return cli_error(&cmd_calibrate, EXIT_USAGE, &diag);
    }
    jb_copy(ret->meter, sizeof(ret->meter), "pairs");
    jb_csv_init(&csv, text);
    while ((count = jb_csv_row(&csv, fields, JB_COUNT(fields))) > 0) {
        struct jb_wall_reading reading = {.weight = 1};
        bool number = jb_parse_double(jb_trim(fields[0]), &reading.sensors_w) == 0;
        bool good = count >= 2 && number && jb_parse_double(jb_trim(fields[1]), &reading.wall_w) == 0 &&
                    (count < 3 || jb_parse_double(jb_trim(fields[2]), &reading.weight) == 0);
        bool sense = reading.sensors_w >= 0 && reading.sensors_w <= MAX_METER_W && reading.wall_w > 0 &&
                     reading.wall_w <= MAX_METER_W && reading.weight > 0 && reading.weight <= 1e9;
        if (!number && csv.line == 1) {
            continue; /* a header */
        }
        if (!good || !sense) {
            return cli_complain(&cmd_calibrate, EXIT_USAGE,
                                "%s:%u: a row is sensors_w,wall_w or sensors_w,wall_w,seconds", path, csv.line);
        }
        if (ret->count == CALIBRATE_READINGS) {
            return cli_complain(&cmd_calibrate, EXIT_USAGE, "%s: more than %d readings", path, CALIBRATE_READINGS);
        }
        ret->list[ret->count++] = reading;
    }
    return count < 0 ? cli_complain(&cmd_calibrate, EXIT_USAGE, "%s:%u: this is no CSV", path, csv.line) : -1;
}
