/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/worker.c: whoever lets go last frees, and nobody waits for a call that hangs. */
#include "base/worker.h"

#include "base/clock.h"
#include "support.h"

#include <errno.h>

#define LONG_NS (60 * JB_NS_PER_S) /* only ends a test that would hang */

/* What both ends of a call that hangs may look at: outlives the worker. */
struct world {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool inside, let_out;
    int finished;
    pthread_t finisher;
    bool was_left;
};

struct caller {
    struct jb_worker worker;
    struct world *world;
    bool hangs;
    int turns;
};

static void world_make(struct world *world)
{
    memset(world, 0, sizeof(*world));
    pthread_mutex_init(&world->lock, NULL);
    jb_cond_init(&world->changed);
}

static void world_end(struct world *world)
{
    pthread_cond_destroy(&world->changed);
    pthread_mutex_destroy(&world->lock);
}

static void set(struct world *world, bool *what)
{
    pthread_mutex_lock(&world->lock);
    *what = true;
    pthread_cond_broadcast(&world->changed);
    pthread_mutex_unlock(&world->lock);
}

static void await(struct world *world, const bool *what)
{
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS;

    pthread_mutex_lock(&world->lock);
    while (!*what && jb_cond_until(&world->changed, &world->lock, deadline_ns)) {
    }
    bool is = *what;
    pthread_mutex_unlock(&world->lock);
    assert_true(is);
}

static void finish(void *owner)
{
    struct caller *caller = owner;
    struct world *world = caller->world;

    free(caller);
    pthread_mutex_lock(&world->lock);
    world->finished++;
    world->finisher = pthread_self();
    pthread_cond_broadcast(&world->changed);
    pthread_mutex_unlock(&world->lock);
}

static void run(void *owner)
{
    struct caller *caller = owner;
    struct jb_worker *worker = &caller->worker;

    if (caller->hangs) {
        pthread_mutex_unlock(&worker->lock);
        set(caller->world, &caller->world->inside);
        await(caller->world, &caller->world->let_out);
        pthread_mutex_lock(&worker->lock);
        caller->world->was_left = worker->left;
    }
    while (!worker->stop) {
        caller->turns++;
        pthread_cond_broadcast(&worker->told);
        pthread_cond_wait(&worker->wake, &worker->lock);
    }
}

static struct caller *caller_make(struct world *world, bool hangs)
{
    struct caller *caller = calloc(1, sizeof(*caller));

    assert_non_null(caller);
    caller->world = world;
    caller->hangs = hangs;
    jb_worker_init(&caller->worker, run, finish, caller);
    return caller;
}

static void who_never_started_is_freed_by_its_owner(void **state)
{
    struct world world;
    world_make(&world);
    struct caller *caller = caller_make(&world, false);
    assert_int_equal(jb_worker_start(&caller->worker, "jb-test", 1), -EINVAL); /* no thread on so small a stack */
    assert_int_equal(world.finished, 0);
    jb_worker_release(&caller->worker);
    assert_int_equal(world.finished, 1);
    world_end(&world);
}

static void owner_and_thread_hear_each_other(void **state)
{
    struct world world;
    world_make(&world);
    struct caller *caller = caller_make(&world, false);
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS;
    assert_int_equal(jb_worker_start(&caller->worker, "jb-test", 0), 0);
    pthread_mutex_lock(&caller->worker.lock);
    for (int turn = 1; turn < 100; turn++) {
        while (caller->turns < turn && jb_worker_wait(&caller->worker, deadline_ns)) {
        }
        assert_int_equal(caller->turns, turn);
        pthread_cond_signal(&caller->worker.wake);
    }
    pthread_mutex_unlock(&caller->worker.lock);
    assert_true(jb_worker_leave(&caller->worker, deadline_ns));
    assert_int_equal(world.finished, 1);
    assert_true(pthread_equal(world.finisher, pthread_self()));
    world_end(&world);
}

static void what_it_made_can_be_read_when_it_has_ended(void **state)
{
    struct world world;
    world_make(&world);
    struct caller *caller = caller_make(&world, false);
    assert_int_equal(jb_worker_start(&caller->worker, "jb-test", 0), 0);
    pthread_mutex_lock(&caller->worker.lock);
    assert_false(jb_worker_wait_exit(&caller->worker, jb_mono_ns() + 10 * JB_NS_PER_MS)); /* nobody asked it to */
    pthread_mutex_unlock(&caller->worker.lock);
    jb_worker_stop(&caller->worker);
    pthread_mutex_lock(&caller->worker.lock);
    assert_true(jb_worker_wait_exit(&caller->worker, jb_mono_ns() + LONG_NS));
    assert_true(jb_worker_wait_exit(&caller->worker, 0));
    assert_int_equal(world.finished, 0);
    pthread_mutex_unlock(&caller->worker.lock);
    assert_true(jb_worker_leave(&caller->worker, 0));
    assert_int_equal(world.finished, 1);
    world_end(&world);
}

static void one_that_hangs_is_left_behind_and_frees_itself(void **state)
{
    struct world world;
    world_make(&world);
    struct caller *caller = caller_make(&world, true);
    assert_int_equal(jb_worker_start(&caller->worker, "jb-test", (size_t)256 << 10), 0);
    await(&world, &world.inside);
    assert_false(jb_worker_leave(&caller->worker, jb_mono_ns() + 10 * JB_NS_PER_MS));
    assert_int_equal(world.finished, 0);
    set(&world, &world.let_out);
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS;
    pthread_mutex_lock(&world.lock);
    while (world.finished == 0 && jb_cond_until(&world.changed, &world.lock, deadline_ns)) {
    }
    assert_int_equal(world.finished, 1);
    assert_false(pthread_equal(world.finisher, pthread_self()));
    assert_true(world.was_left);
    pthread_mutex_unlock(&world.lock);
    world_end(&world);
}

/* The two let go at the same time, again and again: it is freed once, by either. */
static void it_is_freed_once_whoever_is_last(void **state)
{
    struct world world;
    world_make(&world);
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS;
    for (int i = 1; i <= 300; i++) {
        struct caller *caller = caller_make(&world, false);
        assert_int_equal(jb_worker_start(&caller->worker, "jb-test", (size_t)256 << 10), 0);
        (void)jb_worker_leave(&caller->worker, 0);
        pthread_mutex_lock(&world.lock);
        while (world.finished < i && jb_cond_until(&world.changed, &world.lock, deadline_ns)) {
        }
        assert_int_equal(world.finished, i);
        pthread_mutex_unlock(&world.lock);
    }
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_never_started_is_freed_by_its_owner),
        cmocka_unit_test(owner_and_thread_hear_each_other),
        cmocka_unit_test(what_it_made_can_be_read_when_it_has_ended),
        cmocka_unit_test(one_that_hangs_is_left_behind_and_frees_itself),
        cmocka_unit_test(it_is_freed_once_whoever_is_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
