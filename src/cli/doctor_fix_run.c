/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor_fix_run.c - runs a plan, step by step, and stops at the first that fails.
 *
 * sudo is looked for in the caller's PATH, as the caller's shell would, but not in the current folder, which may be
 * anybody's: it asks for the caller's own password. What it is told to run are absolute paths.
 */
#include "cli/doctor_fix.h"

#include "base/cleanup.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

bool fix_is_root(void)
{
    return getuid() == 0;
}

static bool find_sudo(char ret[PATH_MAX])
{
    const char *path = getenv("PATH");

    for (const char *at = path != NULL ? path : ""; *at != '\0';) {
        size_t length = strcspn(at, ":");
        int got = jb_snprintf(ret, PATH_MAX, "%.*s/sudo", (int)length, at);
        if (at[0] == '/' && got > 0 && got < PATH_MAX && access(ret, X_OK) == 0) {
            return true;
        }
        at += length + (at[length] == ':');
    }
    return false;
}

bool fix_have_sudo(void)
{
    char sudo[PATH_MAX];
    return find_sudo(sudo);
}

/* The exit status of the command, or a negative errno. */
static int run_step(struct fix_step *step)
{
    char sudo[PATH_MAX], *argv[FIX_MAX_WORDS + 2];
    posix_spawn_file_actions_t actions;
    int count = 0, input[2] = {-1, -1}, status;
    pid_t pid;

    if (!fix_is_root()) {
        if (!find_sudo(sudo)) {
            return -ENOENT;
        }
        argv[count++] = sudo;
    }
    for (int i = 0; step->words[i][0] != '\0'; i++) {
        argv[count++] = step->words[i];
    }
    argv[count] = NULL;
    if (count == 0) {
        return -EINVAL;
    }
    int error = posix_spawn_file_actions_init(&actions);
    if (error == 0 && step->input[0] != '\0') {
        /* It fits into the pipe, so nobody has to read it yet. What tee says of it is not of interest. */
        size_t length = strlen(step->input);
        error = pipe2(input, O_CLOEXEC) < 0 || write(input[1], step->input, length) != (ssize_t)length ? EIO : 0;
        error = error != 0 ? error : posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
        error =
            error != 0 ? error : posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    }
    error = error != 0 ? error : posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
    jb_closep(&input[0]);
    jb_closep(&input[1]);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        return -error;
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int fix_run(const struct jb_command *command, struct fix_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        char text[FIX_COMMAND];
        int status = run_step(&plan->steps[i]);
        if (status != 0) {
            fix_step_text(&plan->steps[i], text, sizeof(text));
            cli_complain(command, 1, "'%s' failed: %s %d", text, status < 0 ? strerror(-status) : "exit status",
                         status < 0 ? -status : status);
            return (int)i;
        }
    }
    return -1;
}
