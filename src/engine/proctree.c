/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run's CPU time. Why /proc works at all: a dead child that was waited for moves its time to its parent's "waited"
 * field, so the sum over the living of own + waited time, plus what we reaped, loses nothing that was waited for.
 *
 * A process that vanished without its parent's waited time growing by as much was not waited for (its parent ignores
 * SIGCHLD): its last seen time is added to `lost`. The result is held monotone, since between reading a child and its
 * parent the child may die.
 *
 * A process that ran before we came is the top of its tree in our place: what it and its descendants had used by then
 * is taken off. Its orphans do not come to us, so one that was seen is remembered and looked for by its pid.
 *
 * Between two looks through /proc the CPU clocks of the processes that are known (clock_getcpuclockid(3)), exact and
 * cheap, tell how far they have come.
 */
#include "engine/proctree.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_ATTEMPTS   4
#define MAX_DEPTH      64   /* of parents followed up */
#define BUDGET         2000 /* a look may cost 1/2000 of the time since the one before */
#define MIN_PERIOD_NS  JB_NS_PER_S
#define FIRST_CAPACITY 256 /* processes; a larger run allocates once more */

struct seen {
    pid_t pid, parent;
    uint64_t start_ticks, own_ticks, waited_ticks;
    uint64_t own_ns; /* by its CPU clock, exact; 0: not known, own_ticks is */
};
struct list {
    struct seen *items;
    size_t count, capacity;
};

struct jb_proctree {
    pid_t self;
    pid_t top;      /* whose descendants are the run: we, or a process that ran before */
    pid_t left_out; /* 0: none */
    int perf_fd;
    uint64_t ns_per_tick;
    struct list now, before;
    uint64_t reaped_ns, lost_ns, last_ns;
    uint64_t before_ns; /* used before we came */
    /* Of a top that is not us. */
    uint64_t top_start_ticks;
    uint64_t next_look_ns;
    bool no_lists; /* the kernel keeps no lists of children */
};

static bool reserve(struct list *list)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? FIRST_CAPACITY : list->capacity * 2;
        struct seen *items = realloc(list->items, capacity * sizeof(*items));
        if (items == NULL) {
            return false;
        }
        list->items = items;
        list->capacity = capacity;
    }
    return true;
}

static int open_task_clock(pid_t child)
{
    struct perf_event_attr attr = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof(attr),
        .config = PERF_COUNT_SW_TASK_CLOCK,
        .inherit = 1,
        .exclude_kernel = 0,
        .exclude_hv = 1,
    };
    int fd = (int)syscall(SYS_perf_event_open, &attr, child, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (fd < 0) {
        /* At paranoid level 2 kernel time may not be profiled; task-clock counts all of it all the same. */
        attr.exclude_kernel = 1;
        fd = (int)syscall(SYS_perf_event_open, &attr, child, -1, -1, PERF_FLAG_FD_CLOEXEC);
    }
    return fd < 0 ? -errno : fd;
}

static ssize_t read_proc(pid_t pid, const char *name, char *buffer, size_t size)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
    JB_CLEANUP(jb_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    ssize_t length = read(fd, buffer, size);
    return length < 0 ? -errno : length;
}

static int read_stat(pid_t pid, struct jb_pidstat *ret)
{
    char text[1024];
    ssize_t length = read_proc(pid, "stat", text, sizeof(text));
    return length < 0 ? (int)length : jb_pidstat_parse(text, (size_t)length, ret);
}

static struct seen *find(const struct list *list, pid_t pid, uint64_t start_ticks)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].pid == pid && (start_ticks == 0 || list->items[i].start_ticks == start_ticks)) {
            return &list->items[i];
        }
    }
    return NULL;
}

/* A process's CPU clock needs no permission and costs a microsecond: between two looks through /proc it tells how far
 * those that are known have come. One that has ended has none any more, and a pid that was given anew begins at 0. */
static void ask_clock(struct seen *seen)
{
    uint64_t own_ns;

    if (jb_process_cpu_ns(seen->pid, &own_ns) == 0) {
        seen->own_ns = own_ns > seen->own_ns ? own_ns : seen->own_ns;
    }
}

static bool add(struct list *list, pid_t pid, const struct jb_pidstat *stat)
{
    if (!reserve(list)) {
        return false;
    }
    list->items[list->count++] = (struct seen){
        .pid = pid,
        .parent = stat->parent,
        .start_ticks = stat->start_ticks,
        .own_ticks = stat->own_ticks,
        .waited_ticks = stat->waited_ticks,
    };
    return true;
}

/* Call fn for each entry of an open folder whose name is a number. getdents64 and not opendir, which allocates. */
typedef void (*number_fn)(struct jb_proctree *tree, pid_t process, uint64_t number);
static void each_number(struct jb_proctree *tree, const char *path, pid_t process, number_fn fn)
{
    _Alignas(struct dirent64) char buffer[4096];
    JB_CLEANUP(jb_closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ssize_t length;

    while (fd >= 0 && (length = getdents64(fd, buffer, sizeof(buffer))) > 0) {
        for (ssize_t at = 0; at < length;) {
            const struct dirent64 *entry = (const void *)(buffer + at);
            uint64_t number;
            if (jb_parse_u64(entry->d_name, &number) == 0) {
                fn(tree, process, number);
            }
            at += entry->d_reclen;
        }
    }
}

/* We are alive: if there is no list of our children, this kernel has none (CONFIG_PROC_CHILDREN). */
static bool have_lists(pid_t self)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)self, (int)self);
    return access(path, R_OK) == 0;
}

/* We are among the descendants of a process that orphans come to and that we measure. */
static void add_process(struct jb_proctree *tree, pid_t pid)
{
    struct jb_pidstat stat;

    if (pid != tree->left_out && pid != tree->self && read_stat(pid, &stat) == 0) {
        add(&tree->now, pid, &stat);
    }
}

/* Append the children of one thread, as the kernel lists them. */
static void add_children_of_thread(struct jb_proctree *tree, pid_t process, uint64_t thread)
{
    char name[48], text[4096];

    snprintf(name, sizeof(name), "task/%llu/children", (unsigned long long)thread);
    ssize_t length = read_proc(process, name, text, sizeof(text));
    if (length == -ENOENT) {
        tree->no_lists = tree->no_lists || !have_lists(tree->self);
        return;
    }
    const char *at = text;
    const char *end = text + (length > 0 ? length : 0);
    uint64_t child;
    const char *next;
    while (at < end && jb_scan_u64(at, (size_t)(end - at), &child, &next) == 0) {
        add_process(tree, (pid_t)child);
        at = next;
    }
}

static void add_children(struct jb_proctree *tree, pid_t process)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/task", (int)process);
    each_number(tree, path, process, add_children_of_thread);
}

/* Add the children of now.items[i] and bring its own times up to the same moment. A child that is waited for between
 * the two would be counted twice, as itself and in its parent's waited time, or, read the other way round, not at all
 * and then taken for lost: so it is done again until nobody was waited for meanwhile. */
static void add_children_of(struct jb_proctree *tree, size_t i)
{
    pid_t process = tree->now.items[i].pid;
    size_t count = tree->now.count;
    struct jb_pidstat before, after;

    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        tree->now.count = count;
        if (read_stat(process, &before) < 0) {
            return; /* it has ended: what was read of it stands until its parent waits for it */
        }
        add_children(tree, process);
        if (read_stat(process, &after) < 0) {
            return;
        }
        tree->now.items[i].own_ticks = after.own_ticks;
        tree->now.items[i].waited_ticks = after.waited_ticks;
        if (after.waited_ticks == before.waited_ticks) {
            return;
        }
    }
}

/* Without lists of children: any process whose parents lead to the top. */
static void add_if_ours(struct jb_proctree *tree, pid_t unused, uint64_t pid)
{
    if (jb_proctree_contains(tree, (pid_t)pid)) {
        add_process(tree, (pid_t)pid);
    }
}

/* All descendants of now.items[from] and after; the list grows while it is walked. */
static void descend(struct jb_proctree *tree, size_t from)
{
    for (size_t i = from; !tree->no_lists && i < tree->now.count; i++) {
        add_children_of(tree, i);
    }
}

/* Those seen before that live on without the parent that led to them. Where we are the top they are our children. */
static void add_orphans(struct jb_proctree *tree)
{
    for (size_t i = 0; tree->top != tree->self && i < tree->before.count; i++) {
        const struct seen *old = &tree->before.items[i];
        struct jb_pidstat stat;
        if (find(&tree->now, old->pid, old->start_ticks) == NULL && read_stat(old->pid, &stat) == 0 &&
            stat.start_ticks == old->start_ticks && add(&tree->now, old->pid, &stat)) {
            descend(tree, tree->now.count - 1);
        }
    }
}

static uint64_t used_ns(const struct jb_proctree *tree, const struct seen *seen)
{
    uint64_t own_ns = seen->own_ticks * tree->ns_per_tick;

    return (seen->own_ns > own_ns ? seen->own_ns : own_ns) + seen->waited_ticks * tree->ns_per_tick;
}

static void look(struct jb_proctree *tree)
{
    struct list swap = tree->before;
    tree->before = tree->now;
    tree->now = swap;
    tree->now.count = 0;

    struct jb_pidstat stat;
    if (tree->top == tree->self) {
        add_children(tree, tree->self);
    } else if (read_stat(tree->top, &stat) == 0 && stat.start_ticks == tree->top_start_ticks) {
        add(&tree->now, tree->top, &stat);
    } /* else it has ended, and its pid may be somebody else's */
    descend(tree, 0);
    if (tree->no_lists) {
        tree->now.count = 0;
        each_number(tree, "/proc", 0, add_if_ours);
    }
    add_orphans(tree);

    for (size_t i = 0; i < tree->before.count; i++) {
        const struct seen *old = &tree->before.items[i];
        if (find(&tree->now, old->pid, old->start_ticks) != NULL || old->parent == tree->self) {
            continue; /* alive, or ours to reap: jb_proctree_reaped() hears of it */
        }
        const struct seen *parent_then = find(&tree->before, old->parent, 0);
        const struct seen *parent_now = find(&tree->now, old->parent, 0);
        bool foreign = tree->top != tree->self && parent_then == NULL; /* the top, an orphan: nobody of ours waits */
        if (foreign ||
            (parent_then != NULL && parent_now != NULL && parent_now->waited_ticks == parent_then->waited_ticks)) {
            tree->lost_ns += used_ns(tree, old);
        }
    }
}

uint64_t jb_proctree_cpu_ns(struct jb_proctree *tree, bool force)
{
    uint64_t total = 0;

    if (tree->perf_fd >= 0) {
        if (read(tree->perf_fd, &total, sizeof(total)) != (ssize_t)sizeof(total)) {
            total = 0;
        }
        /* What we reaped is in the counter as well; rusage is the floor should the counter have failed. */
        total = total > tree->reaped_ns ? total : tree->reaped_ns;
    } else {
        uint64_t start_ns = jb_mono_ns();
        if (force || start_ns >= tree->next_look_ns) {
            look(tree);
            uint64_t cost_ns = jb_mono_ns() - start_ns;
            uint64_t period_ns = cost_ns * BUDGET;
            tree->next_look_ns = start_ns + (period_ns > MIN_PERIOD_NS ? period_ns : MIN_PERIOD_NS);
        }
        total = tree->reaped_ns + tree->lost_ns;
        for (size_t i = 0; i < tree->now.count; i++) {
            ask_clock(&tree->now.items[i]);
            total += used_ns(tree, &tree->now.items[i]);
        }
        total = total > tree->before_ns ? total - tree->before_ns : 0;
    }
    if (total > tree->last_ns) {
        tree->last_ns = total;
    }
    return tree->last_ns;
}

int jb_proctree_create(pid_t child, bool allow_perf, struct jb_proctree **ret)
{
    struct jb_proctree *tree = calloc(1, sizeof(*tree));
    if (tree == NULL) {
        return -ENOMEM;
    }
    long hz = sysconf(_SC_CLK_TCK);
    tree->self = tree->top = getpid();
    tree->ns_per_tick = JB_NS_PER_S / (hz > 0 ? (uint64_t)hz : 100);
    tree->perf_fd = -1;
    if (!reserve(&tree->now) || !reserve(&tree->before)) {
        jb_proctree_destroy(tree);
        return -ENOMEM;
    }
    struct jb_pidstat stat;
    if (child != tree->self && read_stat(child, &stat) == 0 && stat.parent != tree->self) {
        tree->top = child;
        tree->top_start_ticks = stat.start_ticks;
        tree->before_ns = jb_proctree_cpu_ns(tree, true);
        tree->last_ns = tree->next_look_ns = 0;
    } else if (allow_perf) {
        tree->perf_fd = open_task_clock(child);
    }
    *ret = tree;
    return 0;
}

void jb_proctree_destroy(struct jb_proctree *tree)
{
    if (tree == NULL) {
        return;
    }
    jb_closep(&tree->perf_fd);
    free(tree->now.items);
    free(tree->before.items);
    free(tree);
}

const char *jb_proctree_method(const struct jb_proctree *tree)
{
    return tree->perf_fd >= 0 ? "perf task-clock" : "/proc";
}

void jb_proctree_reaped(struct jb_proctree *tree, pid_t pid, uint64_t cpu_ns)
{
    if (tree->top != tree->self) {
        return; /* a helper of ours */
    }
    tree->reaped_ns += cpu_ns;
    for (size_t i = 0; i < tree->now.count; i++) {
        if (tree->now.items[i].pid == pid) { /* it is in reaped_ns from now on */
            tree->now.items[i] = tree->now.items[--tree->now.count];
            return;
        }
    }
}

void jb_proctree_leave_out(struct jb_proctree *tree, pid_t pid)
{
    tree->left_out = pid;
}

bool jb_proctree_contains(const struct jb_proctree *tree, pid_t pid)
{
    bool foreign = tree->top != tree->self;

    for (int depth = 0; pid > 0 && depth < MAX_DEPTH; depth++) {
        struct jb_pidstat stat;
        if (pid == tree->top) {
            return depth > 0 || foreign;
        }
        if (pid == tree->left_out || pid == tree->self || read_stat(pid, &stat) < 0) {
            return false;
        }
        if (foreign && find(&tree->now, pid, stat.start_ticks) != NULL) {
            return true; /* an orphan that we know, or its child */
        }
        pid = stat.parent;
    }
    return false;
}
