/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays every tests/golden/[name].trace through an account and compares entry by entry. README.md in that folder tells
 * the format. A reading must give an entry exactly when an `entry` line follows it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ledger/account.h"

#define MAX_WORDS  10
#define MAX_TRACES 64
#define US         1000ull

struct player {
    const char *path;
    int line;
    struct jb_account account;
    bool ready, waiting; /* waiting: `entry` was made and not yet expected */
    struct jb_entry entry;
};

static uint64_t number(const struct player *player, const char *text)
{
    uint64_t value = 0;

    if (text == NULL || jb_parse_u64(text, &value) < 0) {
        fail_msg("%s:%d: not a number: %s", player->path, player->line, text ? text : "nothing");
    }
    return value;
}

static unsigned flag(const struct player *player, const char *name)
{
    for (unsigned bit = 0; bit < 32; bit++) {
        const char *known = jb_entry_flag_name(1u << bit);
        if (known != NULL && strcmp(known, name) == 0) {
            return 1u << bit;
        }
    }
    fail_msg("%s:%d: no such flag: %s", player->path, player->line, name);
    return 0;
}

static enum jb_status status(const struct player *player, const char *name)
{
    static const char *const names[] = {
        [JB_UNSUPPORTED] = "unsupported", [JB_DENIED] = "denied", [JB_FAILED] = "failed", [JB_GONE] = "gone",
        [JB_TIMEOUT] = "timeout",
    };

    for (size_t i = JB_UNSUPPORTED; i < sizeof(names) / sizeof(names[0]); i++) {
        if (name != NULL && strcmp(names[i], name) == 0) {
            return (enum jb_status)i;
        }
    }
    fail_msg("%s:%d: no such status: %s", player->path, player->line, name ? name : "nothing");
    return JB_FAILED;
}

static void describe(struct player *player, char **words, int count)
{
    struct jb_channel channel = {.unit = -1, .die = -1, .parent = -1, .unit_num = 1, .unit_den = 1};

    for (int i = 1; i < count; i++) {
        char *value = strchr(words[i], '=');
        if (value == NULL) {
            fail_msg("%s:%d: key=value is missing: %s", player->path, player->line, words[i]);
        }
        *value++ = '\0';
        if (strcmp(words[i], "method") == 0) {
            channel.method = strcmp(value, "integrated") == 0 ? JB_METHOD_INTEGRATED : JB_METHOD_COUNTER;
        } else if (strcmp(words[i], "num") == 0) {
            channel.unit_num = number(player, value);
        } else if (strcmp(words[i], "den") == 0) {
            channel.unit_den = number(player, value);
        } else if (strcmp(words[i], "wrap") == 0) {
            channel.wrap = number(player, value);
        } else if (strcmp(words[i], "max_w") == 0) {
            channel.max_power_uw = number(player, value) * 1000000;
        } else if (strcmp(words[i], "horizon_us") == 0) {
            channel.horizon_ns = number(player, value) * US;
        } else if (strcmp(words[i], "refresh_us") == 0) {
            channel.refresh_ns = number(player, value) * US;
        } else if (strcmp(words[i], "window_us") == 0) {
            channel.window_ns = number(player, value) * US;
        } else if (strcmp(words[i], "zero_at_reset") == 0) {
            channel.zero_at_reset = number(player, value) != 0;
        } else {
            fail_msg("%s:%d: no such key: %s", player->path, player->line, words[i]);
        }
    }
    jb_account_init(&player->account, &channel);
    player->ready = true;
}

static void post(struct player *player, enum jb_status what, uint64_t t_ns, uint64_t raw)
{
    struct jb_reading reading = {.status = what, .t_before_ns = t_ns, .t_after_ns = t_ns, .raw = raw};

    player->waiting = jb_account_post(&player->account, &reading, &player->entry) == 1;
}

static void compare(struct player *player, char **words, int count)
{
    unsigned flags = 0;

    if (!player->waiting) {
        fail_msg("%s:%d: no such entry was made", player->path, player->line);
    }
    for (int i = 4; i < count; i++) {
        flags |= flag(player, words[i]);
    }
    if (player->entry.t0_ns != number(player, words[1]) * US || player->entry.t1_ns != number(player, words[2]) * US ||
        player->entry.energy_uj != number(player, words[3]) || player->entry.flags != flags) {
        fail_msg("%s:%d: got %llu %llu %llu, flags %#x", player->path, player->line,
                 (unsigned long long)(player->entry.t0_ns / US), (unsigned long long)(player->entry.t1_ns / US),
                 (unsigned long long)player->entry.energy_uj, player->entry.flags);
    }
    player->waiting = false;
}

static void play_line(struct player *player, char **words, int count)
{
    if (strcmp(words[0], "entry") == 0 && count >= 4) {
        compare(player, words, count);
        return;
    }
    if (player->waiting) {
        fail_msg("%s:%d: an entry of %llu uJ was made before this line, and none was expected", player->path,
                 player->line, (unsigned long long)player->entry.energy_uj);
    }
    if (strcmp(words[0], "channel") == 0) {
        describe(player, words, count);
    } else if (!player->ready) {
        fail_msg("%s:%d: the channel must come first", player->path, player->line);
    } else if (strcmp(words[0], "read") == 0 && count == 3) {
        post(player, JB_OK, number(player, words[1]) * US, number(player, words[2]));
    } else if (strcmp(words[0], "fail") == 0 && count == 3) {
        post(player, status(player, words[2]), number(player, words[1]) * US, 0);
    } else if (strcmp(words[0], "suspend") == 0 && count == 1) {
        jb_account_suspend(&player->account);
    } else if (strcmp(words[0], "total") == 0 && count == 4) {
        assert_int_equal(player->account.energy_uj, number(player, words[1]));
        assert_int_equal(player->account.covered_ns, number(player, words[2]) * US);
        assert_int_equal(player->account.gap_ns, number(player, words[3]) * US);
    } else {
        fail_msg("%s:%d: not understood: %s", player->path, player->line, words[0]);
    }
}

static int split_words(char *line, char **words)
{
    int count = 0;

    line[strcspn(line, "#\n")] = '\0';
    for (char *rest = line, *word = NULL; (word = strsep(&rest, " \t")) != NULL && count < MAX_WORDS;) {
        if (*word != '\0') {
            words[count++] = word;
        }
    }
    return count;
}

static void play(void **state)
{
    struct player player = {.path = *state};
    char line[256], *words[MAX_WORDS];
    FILE *file = fopen(player.path, "re");
    int totals = 0;

    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        player.line++;
        int count = split_words(line, words);
        if (count > 0) {
            play_line(&player, words, count);
            totals += strcmp(words[0], "total") == 0;
        }
    }
    (void)fclose(file);
    assert_false(player.waiting);
    assert_int_equal(totals, 1); /* a trace that was cut short fails */
}

static int is_trace(const struct dirent *entry)
{
    const char *end = strrchr(entry->d_name, '.');

    return end != NULL && strcmp(end, ".trace") == 0;
}

int main(void)
{
    const char *root = getenv("JB_SOURCE_ROOT");
    struct CMUnitTest tests[MAX_TRACES] = {0};
    struct dirent **names = NULL;
    char folder[1024];

    (void)snprintf(folder, sizeof(folder), "%s/tests/golden", root ? root : ".");
    int found = scandir(folder, &names, is_trace, alphasort), count = 0;
    for (int i = 0; i < found; i++) {
        char *path = NULL;
        if (count < MAX_TRACES && asprintf(&path, "%s/%s", folder, names[i]->d_name) > 0) {
            tests[count++] =
                (struct CMUnitTest){.name = path + strlen(folder) + 1, .test_func = play, .initial_state = path};
        }
        free(names[i]);
    }
    free(names);
    if (count == 0) {
        fprintf(stderr, "no traces in %s\n", folder);
        return 1;
    }
    int failures = _cmocka_run_group_tests("golden traces", tests, (size_t)count, NULL, NULL);
    for (int i = 0; i < count; i++) {
        free(tests[i].initial_state);
    }
    return failures;
}
