/* SPDX-License-Identifier: Apache-2.0 */
/* The almanac's thread: it begins, is asked, and ends at once. What it fetches is grid/'s, and is tested there. */
#include "test.h"

#include "base/clock.h"
#include "engine/almanac.h"

#include <stdlib.h>
#include <string.h>

static struct jb_grid_settings settings = {.live = false};

static void it_ends_at_once(void **state)
{
    struct jb_intensity place = {.zone = "X", .g_per_kwh = 400, .factor = "lifecycle"};
    const char *const places[] = {NULL, "none", "/nonexistent/x.db"};

    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct jb_almanac *almanac = NULL;
        struct jb_track past = {0}, future = {0};
        struct jb_steps steps = {0};
        assert_int_equal(jb_almanac_start(&settings, &place, NULL, places[i], &almanac), 0);
        assert_int_equal(jb_almanac_take(almanac, &past, &future, &steps), 0);
        assert_int_equal(past.count, 0);
        assert_int_equal(future.count, 0);
        uint64_t begin_ns = jb_mono_ns();
        assert_false(jb_almanac_destroy(almanac));
        assert_true(jb_mono_ns() - begin_ns < 2 * JB_NS_PER_S);
        jb_track_finish(&past);
        jb_track_finish(&future);
    }
    assert_false(jb_almanac_destroy(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_ends_at_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
