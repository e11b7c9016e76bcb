/* SPDX-License-Identifier: Apache-2.0 */
/* TLS by given files, with certificates made and asked for by openssl(1). */
#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/tls.h"

struct files {
    char folder[64], cert[96], key[96], other[96];
};

static int make_files(void **state)
{
    struct files *files = calloc(1, sizeof(*files));
    strcpy(files->folder, "/tmp/jb-tls-XXXXXX");
    if (!mkdtemp(files->folder)) {
        return -1;
    }
    snprintf(files->cert, sizeof(files->cert), "%s/cert.pem", files->folder);
    snprintf(files->key, sizeof(files->key), "%s/key.pem", files->folder);
    snprintf(files->other, sizeof(files->other), "%s/other.pem", files->folder);
    *state = files;
    char line[512];
    snprintf(line, sizeof(line),
             "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost "
             "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -out %s -keyout %s 2>/dev/null",
             files->cert, files->key);
    if (system(line) != 0) { /* words of ours */
        return -1;
    }
    snprintf(line, sizeof(line), "openssl ecparam -name prime256v1 -genkey -noout -out %s 2>/dev/null", files->other);
    if (system(line) != 0) {
        return -1;
    }
    return chmod(files->key, 0600) || chmod(files->other, 0600);
}

static int remove_files(void **state)
{
    struct files *files = *state;
    unlink(files->cert);
    unlink(files->key);
    unlink(files->other);
    rmdir(files->folder);
    free(files);
    return 0;
}

/* What openssl s_client says and hears with these further arguments. */
static void talk(const struct files *files, uint16_t port, const char *arguments, const char *request, char *text,
                 size_t size)
{
    char line[1024];
    snprintf(line, sizeof(line),
             "printf '%s' | timeout 20 openssl s_client -connect 127.0.0.1:%u -CAfile %s -verify_return_error -quiet "
             "-ign_eof %s 2>&1",
             request, port, files->cert, arguments);
    FILE *program = popen(line, "re");
    assert_non_null(program);
    size_t n = fread(text, 1, size - 1, program);
    text[n] = '\0';
    pclose(program);
}

static void test_it_is_served_and_verified(void **state)
{
    static const char request[] = "GET /api/v1/live HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n";
    static const char login[] = "POST /api/v1/session HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: "
                                "close\\r\\nContent-Length: 0\\r\\nAuthorization: Bearer " TOKEN "\\r\\n\\r\\n";
    const struct files *files = *state;
    struct house house;
    struct jb_server_config config = house_config();
    char text[8192];

    config.tls_cert = files->cert;
    config.tls_key = files->key;
    config.token = TOKEN;
    config.listen = "0.0.0.0:0";
    house_open(&house, &config);
    talk(files, house.port, "-tls1_3 -servername localhost", request, text, sizeof(text));
    assert_non_null(strstr(text, "HTTP/1.1 200 "));
    assert_non_null(strstr(text, "\"document\":\"live\""));
    talk(files, house.port, "-tls1_2", request, text, sizeof(text));
    assert_non_null(strstr(text, "HTTP/1.1 200 "));
    talk(files, house.port, "-tls1_1 -cipher ALL:@SECLEVEL=0", request, text, sizeof(text));
    assert_null(strstr(text, "HTTP/1.1 200 "));
    talk(files, house.port, "", login, text, sizeof(text));
    assert_non_null(strstr(text, "HTTP/1.1 204 "));
    assert_non_null(strstr(text, "; Secure\r\n"));
    house_close(&house);
}

static void test_what_is_plain_is_not_answered(void **state)
{
    const struct files *files = *state;
    struct house house;
    struct jb_server_config config = house_config();

    config.tls_cert = files->cert;
    config.tls_key = files->key;
    house_open(&house, &config);
    int fd = client_connect(house.port);
    char text[256] = "";
    client_send(fd, "GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_false(client_until(fd, text, sizeof(text), "HTTP/1.1 200"));
    close(fd);
    house_close(&house);
}

static void test_events_go_over_it(void **state)
{
    static const char request[] = "GET /api/v1/events?hz=10 HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n";
    const struct files *files = *state;
    struct house house;
    struct jb_server_config config = house_config();
    char line[512], text[8192] = "";

    config.tls_cert = files->cert;
    config.tls_key = files->key;
    house_open(&house, &config);
    snprintf(line, sizeof(line),
             "printf '%s' | timeout 20 openssl s_client -connect 127.0.0.1:%u -CAfile %s -quiet -ign_eof 2>/dev/null",
             request, house.port, files->cert);
    FILE *program = popen(line, "re");
    assert_non_null(program);
    assert_true(client_read_until(fileno(program), text, sizeof(text), "event: hello"));
    for (int i = 1; i <= 20; i++) {
        char wanted[32];
        house_tick(&house, false);
        snprintf(wanted, sizeof(wanted), "\nid: %d\n", i);
        assert_true(client_read_until(fileno(program), text, sizeof(text), wanted));
    }
    house_close(&house);
    pclose(program);
}

static void refuses(const char *cert, const char *key, int error, const char *text, const char *fix)
{
    struct jb_tls tls = {0};
    struct jb_diag diag = {0};

    int r = jb_tls_load(cert, key, &tls, &diag);
    if (r != error || !strstr(diag.text, text) || !strstr(diag.fix, fix)) {
        fail_msg("%d, \"%s\", \"%s\"", r, diag.text, diag.fix);
    }
    assert_null(tls.key);
}

static void test_files_that_will_not_do(void **state)
{
    const struct files *files = *state;
    struct jb_tls tls = {0};

    assert_int_equal(jb_tls_load(NULL, NULL, &tls, NULL), 0);
    assert_null(tls.cert);
    refuses(files->cert, NULL, -EINVAL, "both", "tls_key");
    refuses(NULL, files->key, -EINVAL, "both", "tls_cert");
    refuses(files->cert, "/none/key.pem", -ENOENT, "/none/key.pem", "");
    refuses("/none/cert.pem", files->key, -ENOENT, "/none/cert.pem", "");
    refuses("/etc/passwd", files->key, -EINVAL, "no certificate in PEM", "");
    static const mode_t open_modes[] = {0644, 0604, 0620, 0601};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(chmod(files->key, open_modes[i]), 0);
        refuses(files->cert, files->key, -EACCES, files->key, "chmod 600 ");
    }
    assert_int_equal(chmod(files->key, 0640), 0); /* Debian's group ssl-cert */
    assert_int_equal(jb_tls_load(files->cert, files->key, &tls, NULL), 0);
    jb_tls_finish(&tls);
    assert_int_equal(chmod(files->key, 0600), 0);
}

static void test_a_key_of_another_certificate_is_told_at_the_start(void **state)
{
    const struct files *files = *state;
    struct jb_server_config config = house_config();
    struct jb_server *server = NULL;
    struct jb_diag diag = {0};

    assert_int_equal(jb_board_create(&config.board), 0);
    config.tls_cert = files->cert;
    config.tls_key = files->other;
    assert_true(jb_server_create(&config, &server, &diag) < 0);
    assert_null(server);
    assert_non_null(strstr(diag.text, "the server does not start: "));
    assert_null(strstr(diag.text, "no reason"));
    jb_board_destroy(config.board);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_is_served_and_verified),
        cmocka_unit_test(test_what_is_plain_is_not_answered),
        cmocka_unit_test(test_events_go_over_it),
        cmocka_unit_test(test_files_that_will_not_do),
        cmocka_unit_test(test_a_key_of_another_certificate_is_told_at_the_start),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
