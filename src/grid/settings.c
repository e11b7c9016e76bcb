/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.c - [grid] of the configuration, checked. Documented in settings.h.
 *
 * The keys of a provider are called after it (NAME_url, NAME_token, ...); which of them there are is what
 * src/base/conf_keys.c says. Odd: a key may come from the environment and hold anything, also a line break, which would
 * begin a second header; no message repeats it.
 */
#include "grid/settings.h"

#include "base/conf.h"
#include "base/file.h"
#include "base/http.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define KEY_TEXT 64

/* [grid] NAME_part; NULL: not set, or there is no such key. */
static const char *own(const struct jb_conf *conf, const char *name, const char *part)
{
    char text[KEY_TEXT];
    jb_snprintf(text, sizeof(text), "%s%s", name, part);
    for (const struct jb_conf_key *key = jb_conf_keys; key->section != NULL; key++) {
        if (jb_streq(key->section, "grid") && jb_streq(key->key, text)) {
            const char *value = jb_conf_string(conf, "grid", text);
            return value != NULL && value[0] != '\0' ? value : NULL;
        }
    }
    return NULL;
}

/* "https://host", with a port and a path, and nothing that changes when a path and a query are put behind it. */
static bool is_base_url(const char *url)
{
    const char *host = strstr(url, "://");
    if (host == NULL || (!jb_starts(url, "http://") && !jb_starts(url, "https://"))) {
        return false;
    }
    host += strlen("://");
    if (*host == '/' || *host == '\0') {
        return false;
    }
    for (const char *c = host; *c != '\0'; c++) {
        if (*c <= ' ' || *c >= 0x7F || strchr("?#@\\\"<>", *c) != NULL) {
            return false;
        }
    }
    return true;
}

static int check_url(const char *name, const char *url, char shorter[JB_GRID_URL_TEXT], struct jb_diag *diag)
{
    size_t length = strlen(url);
    if (length >= JB_GRID_URL_TEXT || !is_base_url(url)) {
        jb_fail(diag, -EINVAL, "[grid] %s_url is not the address of a server", name);
        jb_fix(diag, "write it as https://HOST or https://HOST/PATH, without user, password or query");
        return -EINVAL;
    }
    while (url[length - 1] == '/') {
        length--;
    }
    jb_snprintf(shorter, JB_GRID_URL_TEXT, "%.*s", (int)length, url);
    return 0;
}

/* Anything but control characters and blanks at the ends may be a key. */
static int check_secret(const char *name, const char *part, const char *value, struct jb_diag *diag)
{
    size_t length = value != NULL ? strlen(value) : 0;
    bool good = length < JB_GRID_KEY_TEXT && (length == 0 || (value[0] != ' ' && value[length - 1] != ' '));
    for (size_t i = 0; good && i < length; i++) {
        good = (unsigned char)value[i] >= ' ' && value[i] != 0x7F;
    }
    return good ? 0 : jb_fail(diag, -EINVAL, "[grid] %s%s is too long or holds what no key can hold", name, part);
}

/* Does [grid] NAME_part stand in the configuration of a recorded machine? */
static bool is_recorded(const struct jb_conf *conf, const char *root, const char *name, const char *part)
{
    char key[KEY_TEXT], path[PATH_MAX];
    jb_snprintf(key, sizeof(key), "%s%s", name, part);
    return own(conf, name, part) != NULL && !jb_root_is_real(root) &&
           jb_root_path(root, "/etc/joulebook.conf", path, sizeof(path)) == 0 &&
           jb_starts(jb_conf_origin(conf, "grid", key), path);
}

/* A recording is from a stranger: where its address leads, and whom its certificates vouch for, no key of ours goes. */
static int check_recorded(const struct jb_conf *conf, const char *root, const char *name, struct jb_diag *diag)
{
    static const char *const keys[] = {"_token", "_user", "_password"};
    bool address = is_recorded(conf, root, name, "_url");
    for (size_t i = 0; (address || is_recorded(conf, root, "ca", "")) && i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (own(conf, name, keys[i]) != NULL && !is_recorded(conf, root, name, keys[i])) {
            jb_fail(diag, -EINVAL, "[grid] %s of the recorded machine is not for your [grid] %s%s",
                    address ? "an address" : "ca", name, keys[i]);
            jb_fix(diag, "take it out of %.150s/etc/joulebook.conf, or set it yourself", jb_root_name(root));
            return -EINVAL;
        }
    }
    return 0;
}

static int load_access(const struct jb_conf *conf, const struct jb_provider *provider, struct jb_access *ret,
                       char url[JB_GRID_URL_TEXT], struct jb_diag *diag)
{
    const char *name = provider->name;
    *ret = (struct jb_access){
        .url = own(conf, name, "_url"),
        .token = own(conf, name, "_token"),
        .user = own(conf, name, "_user"),
        .password = own(conf, name, "_password"),
        .region = own(conf, name, "_region"),
    };
    int err = check_secret(name, "_token", ret->token, diag);
    err = err < 0 ? err : check_secret(name, "_user", ret->user, diag);
    err = err < 0 ? err : check_secret(name, "_password", ret->password, diag);
    if (err == 0 && ret->url != NULL) {
        err = check_url(name, ret->url, url, diag);
    }
    if (provider->read != NULL && ret->url == NULL) {
        ret->url = own(conf, name, ""); /* [grid] file */
    }
    if (ret->url == NULL) {
        ret->url = provider->url;
    }
    return err;
}

static int unknown_provider(const char *name, struct jb_diag *diag)
{
    const char *names[JB_MAX_PROVIDERS + 2] = {JB_GRID_STATIC, NULL};
    for (size_t i = 0; i < JB_MAX_PROVIDERS && jb_providers[i] != NULL; i++) {
        names[i + 1] = jb_providers[i]->name;
    }
    const char *nearest = jb_nearest(name, names);
    jb_fail(diag, -EINVAL, "[grid] providers: there is no provider '%.40s'", name);
    if (nearest != NULL) {
        jb_fix(diag, "did you mean \"%s\"? 'joulebook grid --providers' prints all", nearest);
    } else {
        jb_fix(diag, "'joulebook grid --providers' prints all");
    }
    return -EINVAL;
}

const char *jb_grid_next_name(const char **list, char name[JB_GRID_NAME_TEXT])
{
    static const char between[] = ", \t";
    *list += strspn(*list, between);
    size_t length = strcspn(*list, between);
    jb_snprintf(name, JB_GRID_NAME_TEXT, "%.*s", (int)(length < JB_GRID_NAME_TEXT ? length : JB_GRID_NAME_TEXT), *list);
    *list += length;
    return length > 0 ? name : NULL;
}

static int check_providers(const char *list, struct jb_diag *diag)
{
    char name[JB_GRID_NAME_TEXT];
    while (list != NULL && jb_grid_next_name(&list, name) != NULL) {
        if (jb_provider_find(name) == NULL && !jb_streq(name, JB_GRID_STATIC)) {
            return unknown_provider(name, diag);
        }
    }
    return 0;
}

static enum jb_factor factor_of(const char *text)
{
    return jb_streq(text, "direct")      ? JB_FACTOR_DIRECT
           : jb_streq(text, "lifecycle") ? JB_FACTOR_LIFECYCLE
                                         : JB_FACTOR_ANY;
}

/* As the command line tool of libcurl takes them; the library alone does not look. */
static const char *find_ca(const struct jb_conf *conf)
{
    const char *places[] = {jb_conf_string(conf, "grid", "ca"), getenv("CURL_CA_BUNDLE"), getenv("SSL_CERT_FILE")};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (places[i] != NULL && places[i][0] != '\0') {
            return places[i];
        }
    }
    return NULL;
}

static int load_place(const struct jb_conf *conf, struct jb_grid_settings *settings, struct jb_diag *diag)
{
    bool latitude = jb_conf_number(conf, "grid", "latitude", &settings->latitude);
    bool longitude = jb_conf_number(conf, "grid", "longitude", &settings->longitude);
    if (latitude != longitude) {
        jb_fail(diag, -EINVAL, "[grid] latitude and longitude are only a place together");
        jb_fix(diag, "set [grid] %s too", latitude ? "longitude" : "latitude");
        return -EINVAL;
    }
    bool possible = !latitude || (fabs(settings->latitude) <= 90 && fabs(settings->longitude) <= 180);
    return possible ? 0 : jb_fail(diag, -EINVAL, "[grid] latitude and longitude are out of range");
}

int jb_grid_settings_load(const struct jb_conf *conf, const char *root, struct jb_grid_settings *ret,
                          struct jb_diag *diag)
{
    double fixed = 0;
    struct jb_grid_settings settings = {
        .live = jb_conf_bool(conf, "grid", "live"),
        .fixed = jb_conf_number(conf, "grid", "intensity", &fixed),
        .providers = jb_conf_string(conf, "grid", "providers"),
        .factor = factor_of(jb_conf_string(conf, "grid", "factor")),
        .latitude = NAN,
        .longitude = NAN,
        .ca_file = find_ca(conf),
    };
    if (settings.providers != NULL && settings.providers[strspn(settings.providers, ", \t")] == '\0') {
        settings.providers = NULL;
    }
    int err = check_providers(settings.providers, diag);
    err = err < 0 ? err : load_place(conf, &settings, diag);
    for (size_t i = 0; err == 0 && i < JB_MAX_PROVIDERS && jb_providers[i] != NULL; i++) {
        err = check_recorded(conf, root, jb_providers[i]->name, diag);
        err = err < 0 ? err : load_access(conf, jb_providers[i], &settings.access[i], settings.urls[i], diag);
    }
    err = err < 0 ? err : jb_walltime_init(root, &settings.walltime, diag);
    if (err < 0) {
        return err;
    }
    if (jb_xdg_path(JB_XDG_CACHE, "grid", settings.cache, sizeof(settings.cache)) < 0) {
        settings.cache[0] = '\0';
    }
    *ret = settings;
    return 0;
}

size_t jb_grid_provider_index(const struct jb_provider *provider)
{
    size_t i = 0;
    while (i < JB_MAX_PROVIDERS && jb_providers[i] != NULL && jb_providers[i] != provider) {
        i++;
    }
    return i < JB_MAX_PROVIDERS && jb_providers[i] != NULL ? i : JB_MAX_PROVIDERS;
}

void jb_grid_access(const struct jb_grid_settings *settings, const struct jb_provider *provider, struct jb_access *ret)
{
    size_t i = jb_grid_provider_index(provider);
    *ret = i < JB_MAX_PROVIDERS ? settings->access[i] : (struct jb_access){0};
    if (i < JB_MAX_PROVIDERS && settings->urls[i][0] != '\0') {
        ret->url = settings->urls[i];
    }
}

bool jb_grid_has_key(const struct jb_grid_settings *settings, const struct jb_provider *provider)
{
    struct jb_access access;
    jb_grid_access(settings, provider, &access);
    if (jb_streq(provider->needs, "token")) {
        return access.token != NULL;
    }
    if (jb_streq(provider->needs, "user")) {
        return access.user != NULL && access.password != NULL;
    }
    return provider->needs == NULL;
}
