/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/option.c: each reads a line of words and compares what the handler saw, and the operands. */
#include "base/option.h"

#include "base/cleanup.h"
#include "base/diag.h"
#include "base/text.h"
#include "support.h"

#include <errno.h>

static const struct jb_option options[] = {
    {1, 'n', "name", "NAME", NULL, "name it"},
    {2, 'q', "quiet", NULL, NULL, "be quiet"},
    {3, 'v', "verbose", NULL, NULL, "be loud"},
    {4, 0, "color", "WHEN", "auto|always|never", "colours"},
    {5, 0, "interval", "TIME", NULL, "time between readings"},
    {6, 'x', NULL, NULL, NULL, "only a letter"},
    {7, 0, "file", "FILE", "@file", "a file"},
    {0},
};

static const struct jb_command show = {.name = "show", .operands = "RUN", .summary = "show", .options = options};
static const struct jb_command run = {
    .name = "run", .operands = "COMMAND", .summary = "run", .options = options, .stop_at_operand = true};
static const struct jb_command bare = {.name = "bare"};

static int note(void *context, const struct jb_option *option, const char *value, struct jb_diag *diag)
{
    if (jb_streq(value, "refused")) {
        return jb_fail(diag, -ERANGE, "the handler refused");
    }
    jb_buf_printf(context, "%d%s%s ", option->id, value ? "=" : "", value ? value : "");
    return 0;
}

#define MAX_WORDS 16

/* `line` is split at single blanks; "''" is an empty word. */
static int parse(const struct jb_command *command, const char *line, struct jb_buf *out, struct jb_diag *diag)
{
    char text[512], *argv[MAX_WORDS + 1];
    int argc = 0;
    jb_copy(text, sizeof(text), line);
    for (char *p = text; p && argc < MAX_WORDS;) {
        argv[argc++] = p;
        p = strchr(p, ' ');
        if (p) {
            *p++ = '\0';
        }
        if (jb_streq(argv[argc - 1], "''")) {
            argv[argc - 1][0] = '\0';
        }
    }
    argv[argc] = NULL;
    int first = -1;
    int r = jb_options_parse(command, argc, argv, note, out, &first, diag);
    if (r < 0) {
        assert_int_equal(first, -1);
        return r;
    }
    assert_true(first >= 1 && first <= argc);
    jb_buf_puts(out, "|");
    for (int i = first; i < argc; i++) {
        jb_buf_printf(out, " %s", argv[i]);
    }
    assert_ptr_equal(argv[0], text);
    assert_null(argv[argc]);
    return r;
}

static void gives(const struct jb_command *command, const char *line, const char *want)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    struct jb_diag diag = {0};
    int r = parse(command, line, &out, &diag);
    assert_string_equal(diag.text, "");
    assert_int_equal(r, 0);
    assert_string_equal(out.data, want);
}

static void refuses(const struct jb_command *command, const char *line, const char *text, const char *fix)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    struct jb_diag diag = {0};
    assert_int_equal(parse(command, line, &out, &diag), -EINVAL);
    assert_string_equal(diag.text, text);
    assert_string_equal(diag.fix, fix);
    jb_buf_clear(&out);
    assert_int_equal(parse(command, line, &out, NULL), -EINVAL);
}

static void all_ways_to_give_a_value(void **state)
{
    gives(&show, "show --name a", "1=a |");
    gives(&show, "show --name=a", "1=a |");
    gives(&show, "show -n a", "1=a |");
    gives(&show, "show -na", "1=a |");
    gives(&show, "show --name=a=b", "1=a=b |");
    gives(&show, "show --name=", "1= |");
    gives(&show, "show --name ''", "1= |");
    gives(&show, "show -n=a", "1==a |"); /* as getopt has it */
}

static void a_value_may_look_like_an_option(void **state)
{
    gives(&show, "show --name --quiet", "1=--quiet |");
    gives(&show, "show -n -- x", "1=-- | x");
    gives(&show, "show --interval -5s", "5=-5s |");
}

static void letters_are_bundled(void **state)
{
    gives(&show, "show -qv", "2 3 |");
    gives(&show, "show -qvx", "2 3 6 |");
    gives(&show, "show -qna", "2 1=a |");
    gives(&show, "show -qn a b", "2 1=a | b");
}

static void operands_are_moved_behind_and_keep_their_order(void **state)
{
    gives(&show, "show a -q b --name n c -v", "2 1=n 3 | a b c");
    gives(&show, "show a b c d -q -v", "2 3 | a b c d");
    gives(&show, "show a", "| a");
    gives(&show, "show", "|");
    gives(&show, "show -", "| -");
    gives(&show, "show '' -q", "2 | "); /* an empty word is an operand */
}

static void two_dashes_end_the_options(void **state)
{
    gives(&show, "show -q -- -v --name", "2 | -v --name");
    gives(&show, "show a -- -v", "| a -v");
    gives(&show, "show a -q -- b -- c", "2 | a b -- c");
    gives(&show, "show --", "|");
    gives(&run, "run -q -- -odd -v", "2 | -odd -v");
    gives(&run, "run -- --", "| --");
}

static void the_first_operand_ends_the_options_of_run(void **state)
{
    gives(&run, "run -q python3 -v --name x", "2 | python3 -v --name x");
    gives(&run, "run ls -- -q", "| ls -- -q");
    gives(&run, "run", "|");
}

static void choices_are_checked(void **state)
{
    gives(&show, "show --color never", "4=never |");
    gives(&show, "show --file @file", "7=@file |"); /* a request to the shell is no list */
    refuses(&show, "show --color=nevr", "--color: 'nevr' is none of auto, always, never", "did you mean 'never'?");
    refuses(&show, "show --color=", "--color: '' is none of auto, always, never", "");
}

static void an_unknown_option_is_told_with_the_nearest(void **state)
{
    refuses(&show, "show --nmae x", "unknown option '--nmae'", "did you mean '--name'?");
    refuses(&show, "show --nmae=x", "unknown option '--nmae'", "did you mean '--name'?");
    refuses(&show, "show --zzz", "unknown option '--zzz'", "see 'joulebook show --help'");
    refuses(&show, "show -z", "unknown option '-z'", "see 'joulebook show --help'");
    refuses(&show, "show -qz", "unknown option '-z' in '-qz'", "see 'joulebook show --help'");
    refuses(&show, "show -quiet", "unknown option '-u' in '-quiet'", "did you mean '--quiet'?");
    refuses(&show, "show -interval=5", "unknown option '-i' in '-interval=5'", "did you mean '--interval=5'?");
    refuses(&bare, "bare -q", "unknown option '-q'", "see 'joulebook bare --help'");
    refuses(&bare, "bare --quiet", "unknown option '--quiet'", "see 'joulebook bare --help'");
}

static void long_options_are_not_abbreviated(void **state)
{
    refuses(&show, "show --inter 5s", "unknown option '--inter'", "did you mean '--interval'?");
    refuses(&show, "show --q", "unknown option '--q'", "see 'joulebook show --help'");
    refuses(&show, "show --=x", "unknown option '--'", "see 'joulebook show --help'");
}

static void a_missing_value_and_a_value_too_many(void **state)
{
    refuses(&show, "show --name", "option '--name' needs a value: --name NAME", "");
    refuses(&show, "show -qn", "option '-n' needs a value: -n NAME", "");
    refuses(&show, "show --quiet=yes", "option '--quiet' takes no value", "");
    refuses(&show, "show --quiet=", "option '--quiet' takes no value", "");
}

static void hostile_words_give_one_clean_line(void **state)
{
    struct jb_diag diag = {0};
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    char line[400] = "show --";
    memset(line + 7, 'n', 300);
    line[307] = '\0';
    assert_int_equal(parse(&show, line, &out, &diag), -EINVAL);
    assert_true(strlen(diag.text) < 100);
    refuses(&show, "show -\033[31m", "unknown option '-?' in '-?[31m'", "see 'joulebook show --help'");
    refuses(&show, "show -\xc3\xa9y", "unknown option '-\xc3\xa9' in '-\xc3\xa9y'", "see 'joulebook show --help'");
    refuses(&show, "show -q\xc3", "unknown option '-?' in '-q?'", "see 'joulebook show --help'");
}

static void the_handler_can_stop_the_parse(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    struct jb_diag diag = {0};
    assert_int_equal(parse(&show, "show -q --name refused -v", &out, &diag), -ERANGE);
    assert_string_equal(diag.text, "the handler refused");
    assert_string_equal(out.data, "2 ");
}

static void no_words_at_all(void **state)
{
    char *argv[] = {NULL};
    int first = -1;
    assert_int_equal(jb_options_parse(&show, 0, argv, note, NULL, &first, NULL), 0);
    assert_int_equal(first, 0);
}

/* Options and operands in any mixture: none is lost, none changes places with one of its kind. */
static void any_mixture_keeps_both_orders(void **state)
{
    static const char *const words[] = {"-q", "a", "b", "--verbose", "-n1", "--interval=2", "c"};
    static const char *const seen[] = {"2 ", "", "", "3 ", "1=1 ", "5=2 ", ""};
    struct random r = random_start();
    for (int i = 0; i < 20000; i++) {
        JB_CLEANUP(jb_buf_finish) struct jb_buf line = {0}, want = {0}, operands = {0}, got = {0};
        jb_buf_puts(&line, "show");
        jb_buf_puts(&operands, "|");
        jb_buf_puts(&want, "");
        for (size_t n = random_below(&r, MAX_WORDS - 1); n > 0; n--) {
            size_t word = random_below(&r, sizeof(words) / sizeof(words[0]));
            jb_buf_printf(&line, " %s", words[word]);
            if (*seen[word]) {
                jb_buf_puts(&want, seen[word]);
            } else {
                jb_buf_printf(&operands, " %s", words[word]);
            }
        }
        jb_buf_puts(&want, operands.data);
        CHECK_SEEDED(&r, parse(&show, line.data, &got, NULL) == 0);
        CHECK_SEEDED(&r, strcmp(got.data, want.data) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_ways_to_give_a_value),
        cmocka_unit_test(a_value_may_look_like_an_option),
        cmocka_unit_test(letters_are_bundled),
        cmocka_unit_test(operands_are_moved_behind_and_keep_their_order),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(the_first_operand_ends_the_options_of_run),
        cmocka_unit_test(choices_are_checked),
        cmocka_unit_test(an_unknown_option_is_told_with_the_nearest),
        cmocka_unit_test(long_options_are_not_abbreviated),
        cmocka_unit_test(a_missing_value_and_a_value_too_many),
        cmocka_unit_test(hostile_words_give_one_clean_line),
        cmocka_unit_test(the_handler_can_stop_the_parse),
        cmocka_unit_test(no_words_at_all),
        cmocka_unit_test(any_mixture_keeps_both_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
