/* SPDX-License-Identifier: Apache-2.0 */
/*
 * when_wait.c - wait for the window, visibly, until it comes or somebody stops it. Documented in when.h.
 *
 * poll(2) counts the monotonic clock, which stands still while the machine sleeps, and windows are of the wall clock:
 * so no rest is longer than a minute, and a machine that wakes up late sees it at the next.
 */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/grid_time.h"
#include "cli/when.h"
#include "grid/fetch.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define SECOND_NS    ((int64_t)JB_NS_PER_S)
#define LONG_REST_NS (60 * SECOND_NS)
#define HOUR_NS      (3600 * SECOND_NS)

/* So near the start a look could only make it late: requests have 5 s each. */
#define TOO_LATE_TO_LOOK_NS (60 * SECOND_NS)

static int nobody(const char *zone, const struct jb_steps *steps, const struct jb_diag *inner, struct jb_diag *diag)
{
    const char *why = steps->count > 0 ? steps->text[steps->count - 1] : inner->text;

    jb_fail(diag, -ENODATA, "--when: there is no forecast for %s%s%.200s", zone, why[0] != '\0' ? ": " : "", why);
    jb_fix(diag, "see who could: joulebook grid %s --providers; or run without --when", zone);
    return -ENODATA;
}

/* "5:12:03", over what was there before. */
static void count_down(const struct when_plan *plan, int64_t now_ns, FILE *err)
{
    char clock[GRID_TIME_TEXT], zone[GRID_TIME_TEXT], line[160];
    struct winsize size = {0};
    int64_t left = (plan->window.start_ns - now_ns + SECOND_NS - 1) / SECOND_NS;
    int length =
        jb_snprintf(line, sizeof(line), "joulebook  starts in %lld:%02lld:%02lld, at %s %s; Ctrl-C ends the wait",
                    (long long)(left / 3600), (long long)(left / 60 % 60), (long long)(left % 60),
                    grid_clock(plan->window.start_ns, now_ns, clock, sizeof(clock)),
                    grid_zone_name(plan->window.start_ns, zone, sizeof(zone)));

    ioctl(fileno(err), TIOCGWINSZ, &size);
    int width = size.ws_col > 1 ? size.ws_col - 1 : 79;
    fprintf(err, "\r%.*s\033[K", length < width ? length : width, line);
    fflush(err);
}

static void clear_line(const struct when_world *world, FILE *err)
{
    if (world->terminal) {
        fputs("\r\033[K", err);
        fflush(err);
    }
}

static void say_hourly(const struct when_plan *plan, int64_t now_ns, FILE *err)
{
    char clock[GRID_TIME_TEXT], zone[GRID_TIME_TEXT], left[GRID_TIME_TEXT];

    fprintf(err, "joulebook: starts in %s, at %s %s\n",
            grid_length((double)(plan->window.start_ns - now_ns) / 1e9, left, sizeof(left)),
            grid_clock(plan->window.start_ns, now_ns, clock, sizeof(clock)),
            grid_zone_name(plan->window.start_ns, zone, sizeof(zone)));
    fflush(err);
}

/* How long until there is something to do. */
static int64_t rest_ns(const struct when_world *world, const struct when_plan *plan, int64_t now_ns, int64_t look_ns,
                       int64_t word_ns)
{
    int64_t rest = plan->window.start_ns - now_ns, most = world->terminal ? SECOND_NS : LONG_REST_NS;

    rest = look_ns > now_ns && look_ns - now_ns < rest ? look_ns - now_ns : rest;
    rest = !world->terminal && word_ns > now_ns && word_ns - now_ns < rest ? word_ns - now_ns : rest;
    return rest < most ? rest : most;
}

/* Has the window moved? */
static bool look_again(const struct when_world *world, struct when_plan *plan)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_steps steps = {0};
    struct jb_diag diag = {0};

    return world->look(world->context, plan->until_ns, &track, &steps, &diag) == 0 &&
           when_plan_look(plan, &track, world->now(world->context));
}

static int wait_for(const struct cli_when *when, const struct when_world *world, struct when_plan *plan, FILE *err,
                    const struct cli_style *style)
{
    int64_t now_ns = world->now(world->context), look_ns = now_ns + WHEN_LOOK_NS, word_ns = now_ns + HOUR_NS;
    int error = 0;

    while (error == 0 && !when_plan_due(plan, now_ns)) {
        if (world->terminal) {
            count_down(plan, now_ns, err);
        } else if (now_ns >= word_ns) {
            say_hourly(plan, now_ns, err);
            word_ns = now_ns + HOUR_NS;
        }
        error = world->rest(world->context, rest_ns(world, plan, now_ns, look_ns, word_ns));
        now_ns = world->now(world->context);
        if (error == 0 && now_ns >= look_ns && plan->window.start_ns - now_ns > TOO_LATE_TO_LOOK_NS) {
            look_ns = now_ns + WHEN_LOOK_NS;
            if (look_again(world, plan)) {
                clear_line(world, err);
                when_say(when, plan, now_ns, true, err, style);
            }
            now_ns = world->now(world->context);
        }
    }
    clear_line(world, err);
    return error;
}

int when_follow(const struct cli_when *when, const struct when_world *world, const char *zone, FILE *err,
                const struct cli_style *style, struct jb_diag *diag)
{
    JB_CLEANUP(jb_track_finish) struct jb_track track = {0};
    struct jb_steps steps = {0};
    struct jb_diag inner = {0};
    struct when_plan plan;
    int64_t now_ns = world->now(world->context);
    int error = world->look(world->context, now_ns + (int64_t)when->within_ns, &track, &steps, &inner);

    if (error < 0 && error != -ENODATA) {
        return jb_fail(diag, error, "--when: %s", inner.text[0] != '\0' ? inner.text : strerror(-error));
    }
    if (error < 0 || when_plan_make(when, &track, now_ns, &plan) < 0) {
        return nobody(zone, &steps, &inner, diag);
    }
    when_say(when, &plan, now_ns, false, err, style);
    return when_plan_due(&plan, now_ns) ? 0 : wait_for(when, world, &plan, err, style);
}

struct real {
    struct jb_fetch *fetch;
    const struct jb_walltime *walltime;
    int stop_fd;
};

static int64_t real_now(void *context)
{
    const struct real *real = context;

    return jb_walltime_ns(real->walltime);
}

static int real_rest(void *context, int64_t ns)
{
    const struct real *real = context;
    struct pollfd stop = {.fd = real->stop_fd, .events = POLLIN};

    if (poll(&stop, 1, (int)((ns + (int64_t)JB_NS_PER_MS - 1) / (int64_t)JB_NS_PER_MS)) < 0 && errno != EINTR) {
        return -errno;
    }
    return stop.revents != 0 ? -EINTR : 0; /* a broken one, too, is no reason to wait on without a way to stop */
}

static int real_look(void *context, int64_t until_ns, struct jb_track *track, struct jb_steps *steps,
                     struct jb_diag *diag)
{
    const struct real *real = context;

    return jb_fetch_forecast(real->fetch, JB_FETCH_ASK, until_ns, track, steps, diag);
}

int cli_when_wait(const struct cli_when *when, const struct jb_grid_settings *settings,
                  const struct jb_intensity *place, int stop_fd, FILE *err, const struct cli_style *style,
                  struct jb_diag *diag)
{
    struct real real = {.walltime = &settings->walltime, .stop_fd = stop_fd};
    struct when_world world = {&real, isatty(fileno(err)) != 0, real_now, real_rest, real_look};
    int error = jb_fetch_create(settings, place, JB_AVERAGE, &real.fetch, diag);

    if (error == 0) {
        error = when_follow(when, &world, place->zone, err, style, diag);
    }
    jb_fetch_destroy(real.fetch);
    return error;
}
