/* SPDX-License-Identifier: Apache-2.0 */
/*
 * conf_load.c - the places a configuration comes from: files and the environment.
 *
 * The file format is an INI file without its liberties: no inline comments, no escapes, no continued lines,
 * nothing before the first section. Documented in conf.h.
 */
#include "base/conf.h"

#include "base/cleanup.h"
#include "base/conf_put.h"
#include "base/diag.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT (1024 * 1024)

static int fail_at(const char *name, unsigned line, const char *message, const char *shown, struct jb_diag *diag)
{
    jb_fail(diag, -EINVAL, "%s:%u: %s: '%.60s'", name, line, message, shown);
    jb_fix(diag, "write [section], key = value, or # before a comment");
    return -EINVAL;
}

/* Puts "where: " before the message of a failure and keeps its hint. */
static int add_place(struct jb_diag *diag, int err, const char *place)
{
    if (diag) {
        struct jb_diag why = *diag;
        jb_fail(diag, err, "%s: %s", place, why.text);
        if (why.fix[0]) {
            jb_fix(diag, "%s", why.fix);
        }
    }
    return err;
}

/* Takes the quotes off. NULL when they do not match. */
static char *unquote(char *value)
{
    size_t length = strlen(value);
    if (value[0] != '"') {
        return value;
    }
    if (length < 2 || strchr(value + 1, '"') != value + length - 1) {
        return NULL;
    }
    value[length - 1] = '\0';
    return value + 1;
}

/* One line without its newline; `section` is the one that it stands in (NULL: none yet). */
static int parse_line(struct jb_conf *conf, char *text, char **section, const char *name, unsigned line,
                      struct jb_diag *diag)
{
    text = jb_trim(text);
    if (*text == '\0' || *text == '#' || *text == ';') {
        return 0;
    }
    char place[PATH_MAX + 16];
    jb_snprintf(place, sizeof(place), "%s:%u", name, line);
    size_t length = strlen(text);
    if (*text == '[') {
        if (text[length - 1] != ']') {
            return fail_at(name, line, "this section is not closed", text, diag);
        }
        text[length - 1] = '\0';
        *section = jb_trim(text + 1);
        return jb_conf_check_section(*section, diag) ? 0 : add_place(diag, -EINVAL, place);
    }
    char *equals = strchr(text, '=');
    if (!equals || equals == text) {
        text[strcspn(text, " \t:=")] = '\0'; /* what follows may be a password */
        return fail_at(name, line, "not a setting", text, diag);
    }
    if (!*section) {
        return fail_at(name, line, "this setting stands before the first [section]", text, diag);
    }
    *equals = '\0';
    char *value = unquote(jb_trim(equals + 1));
    if (!value) {
        return fail_at(name, line, "the quotes of this value do not match", jb_trim(text), diag);
    }
    int r = jb_conf_put(conf, *section, jb_trim(text), value, place, diag);
    return r < 0 ? add_place(diag, r, place) : 0;
}

int jb_conf_parse(struct jb_conf *conf, const char *text, const char *name, struct jb_diag *diag)
{
    JB_CLEANUP(jb_freep) char *copy = strdup(jb_starts(text, "\xEF\xBB\xBF") ? text + 3 : text);
    if (!copy) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    char *section = NULL;
    unsigned line = 1;
    for (char *next = copy; next; line++) {
        char *now = next;
        next = strchr(now, '\n');
        if (next) {
            *next++ = '\0';
        }
        int r = parse_line(conf, now, &section, name, line, diag);
        if (r < 0) {
            return r;
        }
    }
    return 0;
}

/* A file that is not there is passed over unless it is `required`. */
static int load_file(struct jb_conf *conf, const char *path, bool required, struct jb_diag *diag)
{
    struct jb_diag why = {0};
    JB_CLEANUP(jb_freep) char *text = NULL;
    size_t length = 0;
    int r = jb_read_all(path, FILE_LIMIT, &text, &length, &why);
    if ((r == -ENOENT || r == -ENOTDIR) && !required) {
        return 0;
    }
    if (r < 0) {
        jb_fail(diag, r, "%s", why.text);
        if (required) {
            jb_fix(diag, "JOULEBOOK_CONFIG names this file: correct or unset it");
        }
        return r;
    }
    if (strlen(text) != length) {
        return jb_fail(diag, -EINVAL, "%s: this is not a text file", path);
    }
    return jb_conf_parse(conf, text, path, diag);
}

static int load_environment(struct jb_conf *conf, struct jb_diag *diag)
{
    for (const struct jb_conf_key *key = jb_conf_keys; key->section; key++) {
        char name[128];
        jb_snprintf(name, sizeof(name), "JOULEBOOK_%s_%s", key->section, key->key);
        for (char *p = name; *p; p++) {
            if (*p >= 'a' && *p <= 'z') {
                *p = (char)(*p - 'a' + 'A');
            }
        }
        const char *value = getenv(name);
        if (value && *value) {
            int r = jb_conf_put(conf, key->section, key->key, value, name, diag);
            if (r < 0) {
                return add_place(diag, r, name);
            }
        }
    }
    return 0;
}

static int load_files(struct jb_conf *conf, const char *root, struct jb_diag *diag)
{
    const char *only = getenv("JOULEBOOK_CONFIG");
    if (only && *only) {
        return load_file(conf, only, true, diag);
    }
    char path[PATH_MAX];
    int r = jb_root_path(root, "/etc/joulebook.conf", path, sizeof(path));
    if (r < 0) {
        return jb_fail(diag, r, "the root '%s' is too long", root);
    }
    r = load_file(conf, path, false, diag);
    if (r < 0) {
        return r;
    }
    r = jb_xdg_path(JB_XDG_CONFIG, "joulebook.conf", path, sizeof(path));
    if (r == -ENOENT) { /* no home: no file of the user */
        return 0;
    }
    if (r < 0) {
        return jb_fail(diag, r, "the path of the configuration folder is too long");
    }
    return load_file(conf, path, false, diag);
}

static void destroyp(struct jb_conf **conf)
{
    jb_conf_destroy(*conf);
}

int jb_conf_load(const char *root, struct jb_conf **ret_conf, struct jb_diag *diag)
{
    JB_CLEANUP(destroyp) struct jb_conf *conf = jb_conf_create();
    if (!conf) {
        return jb_fail(diag, -ENOMEM, "out of memory");
    }
    int r = load_files(conf, root, diag);
    if (r == 0) {
        r = load_environment(conf, diag);
    }
    if (r < 0) {
        return r;
    }
    *ret_conf = conf;
    conf = NULL;
    return 0;
}
