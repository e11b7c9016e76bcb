/* SPDX-License-Identifier: Apache-2.0 */
/*
 * joulebook top: the Live page of the dashboard for a terminal.
 *
 * Everything that can happen is waited for in one poll: keys, signals, the meter. Where stdin or stdout is no terminal,
 * or a dumb one, one page of text is printed instead.
 */
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/top_draw.h"
#include "cli/top_own.h"
#include "cli/top_print.h"
#include "cli/top_screen.h"
#include "cli/top_source.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define RETRY_NS  (2 * JB_NS_PER_S)
#define SILENT_NS (5 * JB_NS_PER_S) /* documents come once a second */
#define ONCE_NS   (10 * JB_NS_PER_S)

enum { OPT_ONCE = OPT_OWN };

struct top {
    struct cli_common common; /* first */
    bool once, utf8;
    struct top_source *source;
    struct top_screen *screen;
    int signal_fd, last_signal;
    struct top_view *now, *held; /* held: what is shown while paused */
    bool has_view, open;
    struct top_history history;
    struct top_state state;
    uint64_t retry_ns, heard_ns, lost_ns;
    struct jb_diag why;
};

/* All that is too large for a stack. */
struct world {
    struct top top;
    struct top_view now, held;
};

static const struct jb_option options[] = {
    {OPT_ONCE, 0, "once", NULL, NULL, "print one page of text and end"},
    CLI_OPTION_JSON,
    CLI_OPTION_COLOR,
    CLI_OPTION_HELP,
    {0},
};

static int handle(void *context, const struct jb_option *option, const char *value, struct jb_diag *diag)
{
    struct top *top = context;

    if (!cli_common(&top->common, option, value)) {
        top->once = true;
    }
    return 0;
}

/* What the terminal shows. Where the locale is not installed, characters are still wanted if its name says so. */
static bool use_locale(void)
{
    const char *names[] = {getenv("LC_ALL"), getenv("LC_CTYPE"), getenv("LANG")};

    if (setlocale(LC_CTYPE, "") == NULL) {
        for (size_t i = 0; i < JB_COUNT(names); i++) {
            if (names[i] != NULL && names[i][0] != '\0') {
                bool wanted = strcasestr(names[i], "UTF-8") != NULL || strcasestr(names[i], "UTF8") != NULL;
                if (wanted) {
                    setlocale(LC_CTYPE, "C.UTF-8");
                }
                break;
            }
        }
    }
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static void lose(struct top *top, uint64_t now_ns)
{
    top->source->close(top->source);
    top_view_forget_now(top->now);
    top->lost_ns = top->open || top->lost_ns == 0 ? now_ns : top->lost_ns;
    top->open = false;
    top->retry_ns = now_ns + RETRY_NS;
}

static void take(struct top *top, const char *text, size_t length, uint64_t now_ns)
{
    struct jb_diag diag = {0};

    if (top_view_parse(text, length, top->now, &diag) < 0) {
        top->why = diag;
        lose(top, now_ns);
        return;
    }
    top->has_view = true;
    top->heard_ns = now_ns;
    top_history_add(&top->history, top->now->t_ms, top->now->power_w);
}

/* Connect when it is time, and take what has come. */
static void attend(struct top *top)
{
    uint64_t now_ns = jb_mono_ns();
    const char *text;
    size_t length;

    if (!top->open && now_ns >= top->retry_ns) {
        jb_diag_clear(&top->why);
        top->open = top->source->open(top->source, &top->why) == 0;
        if (!top->open) {
            lose(top, now_ns);
        }
        top->heard_ns = now_ns;
    }
    if (top->open && now_ns - top->heard_ns > SILENT_NS) {
        top_view_forget_now(top->now);
    }
    while (top->open) {
        int got = top->source->next(top->source, &text, &length, &top->why);
        if (got < 0) {
            lose(top, now_ns);
        }
        if (got <= 0) {
            break;
        }
        take(top, text, length, now_ns);
    }
}

static struct top_scene scene_of(struct top *top)
{
    uint64_t now_ns = jb_mono_ns();
    struct top_scene scene = {.history = &top->history, .state = &top->state, .why = &top->why, .once = top->once};

    scene.view = !top->has_view ? NULL : top->state.paused ? top->held : top->now;
    if (!top->open) {
        scene.link = top->has_view ? TOP_LOST : TOP_CONNECTING;
        scene.link_age_s = (double)(now_ns - top->lost_ns) / 1e9;
    } else if (now_ns - top->heard_ns > SILENT_NS) {
        scene.link = TOP_SILENT;
        scene.link_age_s = (double)(now_ns - top->heard_ns) / 1e9;
    } else {
        scene.link = top->has_view ? TOP_LIVE : TOP_CONNECTING;
    }
    return scene;
}

static void draw(struct top *top)
{
    struct top_scene scene = scene_of(top);
    struct top_canvas canvas;
    int rows, cols;

    top_screen_size(top->screen, &rows, &cols);
    if (top_canvas_init(&canvas, rows, cols, top->utf8) == 0) {
        top_draw(&canvas, &scene);
        top_screen_show(top->screen, &canvas);
        top_canvas_finish(&canvas);
    }
}

static void hear_keys(struct top *top)
{
    int key;

    while (!top->state.quit && (key = top_screen_key(top->screen)) != 0) {
        bool paused = top->state.paused;
        top_key(&top->state, top->has_view ? (paused ? top->held : top->now) : NULL, key);
        if (!paused && top->state.paused) {
            *top->held = *top->now;
        }
    }
}

static void hear_signals(struct top *top)
{
    struct signalfd_siginfo info;

    while (read(top->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGWINCH) {
            top_screen_resized(top->screen);
        } else {
            top->last_signal = (int)info.ssi_signo;
        }
    }
}

static int wait_ms(const struct top *top)
{
    uint64_t now_ns = jb_mono_ns();

    if (top->open) {
        return 1000; /* ages are shown */
    }
    uint64_t left_ms = top->retry_ns > now_ns ? (top->retry_ns - now_ns) / JB_NS_PER_MS + 1 : 0;
    return left_ms < 1000 ? (int)left_ms : 1000;
}

static void on_screen(struct top *top)
{
    while (!top->state.quit && top->last_signal == 0) {
        attend(top);
        draw(top);
        struct pollfd fds[] = {
            {.fd = STDIN_FILENO, .events = POLLIN},
            {.fd = top->signal_fd, .events = POLLIN},
            {.fd = top->open ? top->source->fd(top->source) : -1, .events = POLLIN},
        };
        if (poll(fds, JB_COUNT(fds), wait_ms(top)) < 0 && errno != EINTR) {
            return;
        }
        if (fds[1].revents != 0) {
            hear_signals(top);
        }
        if (fds[0].revents != 0) {
            hear_keys(top);
        }
        if ((fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
            return; /* the terminal is gone */
        }
    }
}

static int watch_signals(void)
{
    static const int ours[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH};
    sigset_t watched;

    sigemptyset(&watched);
    for (size_t i = 0; i < JB_COUNT(ours); i++) {
        sigaddset(&watched, ours[i]);
    }
    sigprocmask(SIG_BLOCK, &watched, NULL);
    return signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* As whoever sent it expects to find us. */
static int end_by_signal(int number)
{
    sigset_t one;

    if (number == 0 || number == SIGINT) { /* ^C is how one quits */
        return 0;
    }
    fflush(stdout);
    sigaction(number, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    sigemptyset(&one);
    sigaddset(&one, number);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    return 128 + number;
}

static int interactive(struct top *top, bool colors)
{
    struct jb_diag diag = {0};

    JB_CLEANUP(jb_closep) int signal_fd = watch_signals();
    if (signal_fd < 0) {
        return cli_complain(&cmd_top, 1, "cannot watch signals: %s", strerror(errno));
    }
    top->signal_fd = signal_fd;
    if (top_screen_open(colors, &top->screen, &diag) < 0) {
        jb_fix(&diag, "joulebook top --once");
        return cli_error(&cmd_top, 1, &diag);
    }
    on_screen(top);
    top_screen_close(top->screen);
    return end_by_signal(top->last_signal);
}

static bool wants_colors(const struct top *top)
{
    return cli_style(&top->common, stdout).off[0] != '\0';
}

/* The first document: printed as it is, or as a page. */
static int print_once(struct top *top)
{
    uint64_t end_ns = jb_mono_ns() + ONCE_NS;
    const char *text;
    size_t length;

    if (top->source->open(top->source, &top->why) < 0) {
        return cli_error(&cmd_top, 1, &top->why);
    }
    top->open = true;
    for (;;) {
        int got = top->source->next(top->source, &text, &length, &top->why);
        if (got < 0) {
            return cli_error(&cmd_top, 1, &top->why);
        }
        uint64_t now_ns = jb_mono_ns();
        if (got > 0) {
            take(top, text, length, now_ns);
            if (!top->has_view) {
                return cli_error(&cmd_top, 1, &top->why);
            }
            if (!isnan(top->now->power_w) || now_ns >= end_ns) {
                break; /* a meter that has just begun knows no power yet */
            }
            continue;
        }
        struct pollfd fd = {.fd = top->source->fd(top->source), .events = POLLIN};
        if (now_ns >= end_ns || (poll(&fd, 1, (int)((end_ns - now_ns) / JB_NS_PER_MS) + 1) < 0 && errno != EINTR)) {
            return cli_complain(&cmd_top, 1, "the meter has said nothing for %d s", (int)(ONCE_NS / JB_NS_PER_S));
        }
    }
    if (top->common.json) {
        fwrite(text, 1, length, stdout);
        fputc('\n', stdout);
        return 0;
    }
    struct top_scene scene = scene_of(top);
    bool printed = top_print(&scene, top->utf8, wants_colors(top), stdout) == 0;
    return printed ? 0 : cli_complain(&cmd_top, 1, "out of memory");
}

/* Where no meter serves this machine one of our own does, for as long as we look. -1: go on; else the exit status. */
static int start_own(struct top *top, struct top_own *own)
{
    struct jb_diag diag = {0};

    if (getenv("JOULEBOOK_SOCKET") != NULL || top->source->open(top->source, &diag) != -ENOENT) {
        top->source->close(top->source);
        return -1;
    }
    if (top_own_start(own, &diag) < 0) {
        top_own_stop(own);
        return cli_error(&cmd_top, 1, &diag);
    }
    return -1;
}

static int top_main(int argc, char **argv, void *context)
{
    int first;
    JB_CLEANUP(jb_freep) struct world *world = calloc(1, sizeof(*world));

    if (world == NULL) {
        return cli_complain(&cmd_top, 1, "out of memory");
    }
    struct top *top = &world->top;
    int status = cli_parse(&cmd_top, argc, argv, handle, &top->common, &first);
    if (status >= 0) {
        return status;
    }
    if (first < argc) {
        return cli_complain(&cmd_top, EXIT_USAGE, "there is nothing to name: %s", argv[first]);
    }
    top->now = &world->now;
    top->held = &world->held;
    top->utf8 = use_locale();
    top_state_init(&top->state);
    top->source = top_source_socket();
    if (top->source == NULL) {
        return cli_complain(&cmd_top, 1, "out of memory");
    }
    bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !jb_streq(getenv("TERM"), "dumb");
    top->once = top->once || top->common.json || !terminal;
    struct top_own own = {.pid = 0};
    status = start_own(top, &own);
    if (status < 0) {
        status = top->once ? print_once(top) : interactive(top, wants_colors(top));
    }
    top->source->destroy(top->source);
    top_own_stop(&own);
    return status;
}

const struct jb_command cmd_top = {
    .name = "top",
    .operands = "",
    .summary = "what the machine uses now, and who",
    .options = options,
    .run = top_main,
};
