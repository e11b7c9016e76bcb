/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of base/option_help.c. */
#include "base/cleanup.h"
#include "base/option.h"
#include "base/text.h"
#include "support.h"

static void prints(const struct jb_command *command, const char *want)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    jb_options_help(command, &out);
    assert_string_equal(out.data, want);
}

static void the_text_of_a_command(void **state)
{
    static const struct jb_option options[] = {
        {1, 'n', "name", "NAME", NULL, "name the run"},
        {2, 0, "color", "WHEN", "auto|always|never", "use colours"},
        {3, 'x', NULL, NULL, NULL, "only a letter"},
        {4, 0, "file", "FILE", "@file", "where to write"},
        {0},
    };
    const struct jb_command command = {
        .name = "run", .operands = "[--] COMMAND [ARG...]", .summary = "Measure a command.", .options = options};
    prints(&command, "Usage: joulebook run [OPTION...] [--] COMMAND [ARG...]\n"
                     "\n"
                     "Measure a command.\n"
                     "\n"
                     "Options:\n"
                     "  -n, --name NAME   name the run\n"
                     "      --color WHEN  use colours (auto, always, never)\n"
                     "  -x                only a letter\n"
                     "      --file FILE   where to write\n");
}

static void a_command_with_nothing(void **state)
{
    const struct jb_option none[] = {{0}};
    prints(&(const struct jb_command){.name = "x", .operands = "", .summary = ""}, "Usage: joulebook x\n");
    prints(&(const struct jb_command){.name = "x", .options = none}, "Usage: joulebook x\n");
}

static void a_long_option_gets_a_line_of_its_own(void **state)
{
    static const struct jb_option options[] = {
        {1, 'a', "an-option-with-a-long-name", "AND-VALUE", NULL, "help"},
        {2, 'b', "b", NULL, NULL, "more help"},
        {0},
    };
    prints(&(const struct jb_command){.name = "x", .options = options}, "Usage: joulebook x [OPTION...]\n"
                                                                        "\n"
                                                                        "Options:\n"
                                                                        "  -a, --an-option-with-a-long-name AND-VALUE\n"
                                                                        "           help\n"
                                                                        "  -b, --b  more help\n");
}

static void long_help_is_wrapped_at_79_columns_below_its_start(void **state)
{
    static const struct jb_option options[] = {
        {1, 'a', "aa", "V", "one-choice|another-choice|a-third-choice",
         "so many words that they cannot stand in one line of a terminal, whatever its owner may think of that"},
        {0},
    };
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    jb_options_help(&(const struct jb_command){.name = "x", .options = options}, &out);
    const char *help = strstr(out.data, "  -a, --aa V  so many");
    assert_non_null(help);
    int lines = 0;
    for (const char *line = help; *line; lines++) {
        size_t length = strcspn(line, "\n");
        assert_true(length <= 79);
        assert_true(line[length - 1] != ' ');
        assert_true(lines == 0 || strspn(line, " ") == strlen("  -a, --aa V  "));
        line += length + 1;
    }
    assert_true(lines >= 2);
    assert_non_null(strstr(out.data, "(one-choice,"));
    assert_non_null(strstr(out.data, "a-third-choice)\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_of_a_command),
        cmocka_unit_test(a_command_with_nothing),
        cmocka_unit_test(a_long_option_gets_a_line_of_its_own),
        cmocka_unit_test(long_help_is_wrapped_at_79_columns_below_its_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
