/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of base/completion*.c: the scripts are written to a scratch folder and the shells themselves say whether
 * they read them; bash and fish also complete lines, against a stand-in for joulebook. A shell that is not
 * installed is skipped.
 */
#include "base/cleanup.h"
#include "base/option.h"
#include "base/text.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

static const struct jb_option run_options[] = {
    {1, 'n', "name", "NAME", NULL, "name it's [the] run: 100 \\ %s $x `y`"},
    {2, 'z', "zone", "A:ZONE", "@zone", "where"},
    {3, 0, "basis", "BASIS", "machine|run|footprint", "which energy"},
    {4, 0, "csv", "FILE", "@file", "a file"},
    {5, 0, "base", "DIR", "@dir", "a folder"},
    {6, 'q', "quiet", NULL, NULL, "be quiet"},
    {7, 'x', NULL, NULL, NULL, "only a letter"},
    {0},
};
static const struct jb_option show_options[] = {{1, 0, "json", NULL, NULL, "as JSON"}, {0}};
static const struct jb_command run = {
    .name = "run", .summary = "measure a command's [use]: $x", .stop_at_operand = true, .options = run_options};
static const struct jb_command show = {
    .name = "show", .summary = "show a run", .operand_choices = "@run", .options = show_options};
static const struct jb_command completion = {.name = "completion", .operand_choices = "bash|zsh|fish"};
static const struct jb_command plain = {.name = "plain", .summary = ""};
static const struct jb_command *const commands[] = {&run, &show, &completion, &plain, NULL};

/* Runs a program found in $PATH and stores what it prints; its exit status, -1 when it is not installed. */
static int capture(const char *const *argv, struct jb_buf *out)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        char *words[16] = {NULL};
        for (size_t i = 0; argv[i] && i < 15; i++) {
            words[i] = strdup(argv[i]);
        }
        execvp(words[0], words);
        _exit(120);
    }
    close(ends[1]);
    char text[4096];
    ssize_t n;
    jb_buf_clear(out);
    while ((n = read(ends[0], text, sizeof(text))) > 0) {
        jb_buf_add(out, text, (size_t)n);
    }
    jb_buf_puts(out, "");
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status) == 120 ? -1 : WEXITSTATUS(status);
}

static int make(void **state)
{
    struct scratch *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    scratch_make(s);
    static const char *const shells[] = {"bash", "zsh", "fish"};
    for (size_t i = 0; i < JB_COUNT(shells); i++) {
        JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
        assert_int_equal(jb_completion(shells[i], commands, &out), 0);
        scratch_text(s, shells[i], out.data);
    }
    mkdir(scratch_at(s, "bin"), 0700);
    mkdir(scratch_at(s, "folder"), 0700);
    scratch_text(s, "file.txt", "");
    scratch_text(s, "bin/joulebook",
                 "#!/bin/sh\n"
                 "case \"$*\" in\n"
                 "'grid --list-zones') printf 'KR\\nDE\\naws:eu-west-3\\naws:us-east-1\\n' ;;\n"
                 "'list --ids') printf '01JABC\\n01JXYZ\\n$(touch pwned)\\n' ;;\n"
                 "esac\n");
    assert_int_equal(chmod(scratch_at(s, "bin/joulebook"), 0700), 0);
    char path[PATH_MAX * 2];
    snprintf(path, sizeof(path), "%s:%s", scratch_at(s, "bin"), getenv("PATH"));
    setenv("PATH", path, 1);
    setenv("HOME", s->path, 1);
    setenv("XDG_CONFIG_HOME", s->path, 1);
    setenv("XDG_DATA_HOME", s->path, 1);
    setenv("LC_ALL", "C", 1);
    assert_int_equal(chdir(s->path), 0);
    *state = s;
    return 0;
}

static int unmake(void **state)
{
    scratch_remove(*state);
    free(*state);
    return 0;
}

static void only_three_shells_are_known(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    assert_int_equal(jb_completion("tcsh", commands, &out), -EINVAL);
    assert_int_equal(jb_completion("", commands, &out), -EINVAL);
    assert_int_equal(jb_completion(NULL, commands, &out), -EINVAL);
    assert_int_equal(out.length, 0);
    out.failed = true;
    assert_int_equal(jb_completion("bash", commands, &out), -ENOMEM);
}

static void each_shell_can_read_its_script(void **state)
{
    static const char *const shells[] = {"bash", "zsh", "fish"};
    for (size_t i = 0; i < JB_COUNT(shells); i++) {
        JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
        int status = capture((const char *const[]){shells[i], "-n", shells[i], NULL}, &out);
        if (status < 0) {
            print_message("# %s is not installed\n", shells[i]);
        } else {
            assert_int_equal(status, 0);
        }
    }
}

/* Has bash complete a line; `words` are those that readline makes of it, with '=' and ':' words of their own. */
static void bash_offers(const char *line, const char *const *words, const char *want)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf script = {0}, out = {0};
    size_t count = 0;
    jb_buf_puts(&script, ". ./bash; COMP_WORDS=(");
    for (; words[count]; count++) {
        jb_buf_printf(&script, "'%s' ", words[count]);
    }
    jb_buf_printf(&script,
                  "); COMP_LINE='%s'; COMP_POINT=${#COMP_LINE}; COMP_CWORD=%zu; _joulebook; "
                  "((${#COMPREPLY[@]} == 0)) || printf '%%s\\n' \"${COMPREPLY[@]}\" | sort | tr '\\n' ' '",
                  line, count - 1);
    int status = capture((const char *const[]){"bash", "--norc", "--noprofile", "-c", script.data, NULL}, &out);
    if (status < 0) {
        skip();
    }
    assert_int_equal(status, 0);
    assert_string_equal(out.data, want);
}

#define WORDS(...)                                                                                                     \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        "joulebook", __VA_ARGS__, NULL                                                                                 \
    }

static void bash_completes_commands_options_and_values(void **state)
{
    bash_offers("joulebook ", WORDS(""), "--help --version completion plain run show ");
    bash_offers("joulebook r", WORDS("r"), "run ");
    bash_offers("joulebook run --", WORDS("run", "--"), "--base --basis --csv --name --quiet --zone ");
    bash_offers("joulebook run --basis ", WORDS("run", "--basis", ""), "footprint machine run ");
    bash_offers("joulebook run --basis m", WORDS("run", "--basis", "m"), "machine ");
    bash_offers("joulebook run --basis=", WORDS("run", "--basis", "="), "footprint machine run ");
    bash_offers("joulebook run --basis=m", WORDS("run", "--basis", "=", "m"), "machine ");
    bash_offers("joulebook run --name ", WORDS("run", "--name", ""), "");
    bash_offers("joulebook run --csv fi", WORDS("run", "--csv", "fi"), "file.txt fish ");
    bash_offers("joulebook run --base f", WORDS("run", "--base", "f"), "folder ");
    bash_offers("joulebook completion ", WORDS("completion", ""), "bash fish zsh ");
    bash_offers("joulebook plain ", WORDS("plain", ""), "");
    bash_offers("joulebook nonsense --", WORDS("nonsense", "--"), "");
}

static void bash_asks_joulebook_for_zones_and_runs(void **state)
{
    bash_offers("joulebook run -z ", WORDS("run", "-z", ""), "DE KR aws:eu-west-3 aws:us-east-1 ");
    bash_offers("joulebook run --zone K", WORDS("run", "--zone", "K"), "KR ");
    /* Readline keeps what stands before its last break. */
    bash_offers("joulebook run --zone aws:e", WORDS("run", "--zone", "aws", ":", "e"), "eu-west-3 ");
    bash_offers("joulebook run --zone=aws:", WORDS("run", "--zone", "=", "aws", ":"), "eu-west-3 us-east-1 ");
    bash_offers("joulebook run --zone aws:eu-west-3 --ba", WORDS("run", "--zone", "aws", ":", "eu-west-3", "--ba"),
                "--base --basis ");
    bash_offers("joulebook show 01JA", WORDS("show", "01JA"), "01JABC ");
    /* A word that a shell would run is neither run nor offered without its quotes. */
    bash_offers("joulebook show ", WORDS("show", ""), "01JABC 01JXYZ \\$\\(touch\\ pwned\\) ");
    assert_int_equal(access("pwned", F_OK), -1);
}

static void bash_completes_the_wrapped_command(void **state)
{
    bash_offers("joulebook run -q -- jouleb", WORDS("run", "-q", "--", "jouleb"), "joulebook ");
    bash_offers("joulebook run --name x jouleb", WORDS("run", "--name", "x", "jouleb"), "joulebook ");
    bash_offers("joulebook run cat file", WORDS("run", "cat", "file"), "file.txt ");
    bash_offers("joulebook run cat --ba", WORDS("run", "cat", "--ba"), "");
    bash_offers("joulebook run -- --ba", WORDS("run", "--", "--ba"), "");
    bash_offers("joulebook show run --", WORDS("show", "run", "--"), "--json ");
    bash_offers("joulebook show -- --", WORDS("show", "--", "--"), "");
}

static void bash_hands_over_to_bash_completion_where_it_is(void **state)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf out = {0};
    static const char script[] =
        ". ./bash; _command_offset() { echo \"at $1: ${COMP_WORDS[$1]}\"; }; COMP_WORDS=(joulebook run --basis = "
        "run -q -- chmod --ref); COMP_LINE='joulebook run --basis=run -q -- chmod --ref'; "
        "COMP_POINT=${#COMP_LINE}; COMP_CWORD=8; _joulebook";
    if (capture((const char *const[]){"bash", "--norc", "--noprofile", "-c", script, NULL}, &out) < 0) {
        skip();
    }
    assert_string_equal(out.data, "at 7: chmod\n");
}

static void fish_offers(const char *line, const char *want)
{
    JB_CLEANUP(jb_buf_finish) struct jb_buf script = {0}, out = {0};
    jb_buf_printf(&script, "source ./fish; complete -C '%s' | string replace -r '\\t.*' '' | sort | string join ' '",
                  line);
    int status = capture((const char *const[]){"fish", "--no-config", "-c", script.data, NULL}, &out);
    if (status < 0) {
        skip();
    }
    if (out.length > 0 && out.data[out.length - 1] == '\n') {
        out.data[out.length - 1] = '\0';
    }
    assert_string_equal(out.data, want);
}

static void fish_completes_as_bash_does(void **state)
{
    fish_offers("joulebook ", "completion plain run show");
    fish_offers("joulebook run --", "--base --basis --csv --name --quiet --zone");
    fish_offers("joulebook run --basis ", "footprint machine run");
    fish_offers("joulebook run -z ", "DE KR aws:eu-west-3 aws:us-east-1");
    fish_offers("joulebook show 01JA", "01JABC");
    fish_offers("joulebook show run --", "--json");
    fish_offers("joulebook completion ", "bash fish zsh");
    fish_offers("joulebook run --csv file", "file.txt");
    fish_offers("joulebook run --base fol", "folder/");
    fish_offers("joulebook run -- cat file", "file.txt");
    fish_offers("joulebook run cat --ba", "");
    assert_int_equal(access("pwned", F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_three_shells_are_known),
        cmocka_unit_test(each_shell_can_read_its_script),
        cmocka_unit_test(bash_completes_commands_options_and_values),
        cmocka_unit_test(bash_asks_joulebook_for_zones_and_runs),
        cmocka_unit_test(bash_completes_the_wrapped_command),
        cmocka_unit_test(bash_hands_over_to_bash_completion_where_it_is),
        cmocka_unit_test(fish_completes_as_bash_does),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
