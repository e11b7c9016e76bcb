/* SPDX-License-Identifier: Apache-2.0 */
/* Names of users: nobody waits for one that is slow to look up, and it is known in the end. */
#include "test.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "engine/user_names.h"

#define LONG_NS (20 * JB_NS_PER_S)

/* A directory server that answers when it is let. */
struct slow {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    bool open;
    unsigned looks;
};

static bool look_slowly(void *context, uid_t uid, char name[JB_USER_NAME])
{
    struct slow *slow = context;

    pthread_mutex_lock(&slow->lock);
    slow->looks++;
    while (!slow->open) {
        pthread_cond_wait(&slow->opened, &slow->lock);
    }
    pthread_mutex_unlock(&slow->lock);
    snprintf(name, JB_USER_NAME, "%s", uid == 7 ? "kim\033[1m" : "lee");
    return uid != 8;
}

static void let(struct slow *slow)
{
    pthread_mutex_lock(&slow->lock);
    slow->open = true;
    pthread_cond_broadcast(&slow->opened);
    pthread_mutex_unlock(&slow->lock);
}

static unsigned looks(struct slow *slow)
{
    pthread_mutex_lock(&slow->lock);
    unsigned count = slow->looks;
    pthread_mutex_unlock(&slow->lock);
    return count;
}

static void await_name(struct jb_user_names *names, uid_t uid, char name[JB_USER_NAME])
{
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS;

    while (!jb_user_names_get(names, uid, name)) {
        assert_true(jb_mono_ns() < deadline_ns);
        poll(NULL, 0, 5);
    }
}

static void nobody_waits_for_a_name(void **state)
{
    struct slow slow = {.lock = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER};
    struct jb_user_names *names;
    char name[JB_USER_NAME];
    assert_int_equal(jb_user_names_create(look_slowly, &slow, &names), 0);
    uint64_t from_ns = jb_mono_ns();

    for (uid_t uid = 0; uid < 3 * JB_USER_NAMES; uid++) { /* more than there is room for */
        assert_false(jb_user_names_get(names, uid, name));
    }
    assert_false(jb_user_names_get(names, 7, name));
    assert_string_equal(name, "7");
    assert_true(jb_mono_ns() - from_ns < JB_NS_PER_S);
    let(&slow);
    await_name(names, 7, name);
    assert_null(strchr(name, '\033'));
    assert_memory_equal(name, "kim", 3);
    await_name(names, 9, name);
    assert_string_equal(name, "lee");
    assert_false(jb_user_names_destroy(names));
}

static void who_is_known_is_not_looked_up_again(void **state)
{
    struct slow slow = {.lock = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER, .open = true};
    struct jb_user_names *names;
    char name[JB_USER_NAME];
    assert_int_equal(jb_user_names_create(look_slowly, &slow, &names), 0);

    assert_false(jb_user_names_get(names, 8, name)); /* nobody of that number, for good */
    for (int i = 0; i < 100; i++) {
        await_name(names, 9, name);
        assert_false(jb_user_names_get(names, 8, name));
        assert_string_equal(name, "8");
    }
    assert_int_equal(looks(&slow), 2);
    for (uid_t uid = 100; uid < 100 + 2 * JB_USER_NAMES; uid++) { /* forgotten for others, and found again */
        await_name(names, uid, name);
    }
    await_name(names, 9, name);
    assert_int_equal(looks(&slow), 2 + 2 * JB_USER_NAMES + 1);
    assert_false(jb_user_names_destroy(names));
}

/* What it holds is freed by the thread, when that comes back. */
static void one_that_hangs_is_left_behind(void **state)
{
    static struct slow slow = {.lock = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER};
    struct jb_user_names *names;
    char name[JB_USER_NAME];
    assert_int_equal(jb_user_names_create(look_slowly, &slow, &names), 0);

    assert_false(jb_user_names_get(names, 7, name));
    uint64_t deadline_ns = jb_mono_ns() + LONG_NS;
    while (looks(&slow) == 0) {
        assert_true(jb_mono_ns() < deadline_ns);
        poll(NULL, 0, 5);
    }
    uint64_t from_ns = jb_mono_ns();
    assert_true(jb_user_names_destroy(names));
    assert_true(jb_mono_ns() - from_ns < 5 * JB_NS_PER_S);
    let(&slow);
}

static void the_system_knows_root(void **state)
{
    struct jb_user_names *names;
    char name[JB_USER_NAME];
    assert_int_equal(jb_user_names_create(NULL, NULL, &names), 0);

    await_name(names, 0, name);
    assert_string_equal(name, "root");
    assert_false(jb_user_names_destroy(names));
    assert_false(jb_user_names_destroy(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_waits_for_a_name),
        cmocka_unit_test(who_is_known_is_not_looked_up_again),
        cmocka_unit_test(one_that_hangs_is_left_behind),
        cmocka_unit_test(the_system_knows_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
