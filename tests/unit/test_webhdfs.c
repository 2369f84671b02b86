/* test_webhdfs.c - what WebHDFS answers, and where it is:
 * connectors/webhdfs_reply.c and webhdfs_url.c. */
#include "connectors/webhdfs_reply.h"
#include "connectors/webhdfs_url.h"
#include "tests/support/cmocka_all.h"
#include <stdio.h>
#include <string.h>

/* As a NameNode of 3.4.1 says it. */
static void errors_are_told_apart_by_their_names(void **state)
{
    static const struct {
        long status;
        const char *body;
        enum webhdfs_verdict verdict;
        enum store_class class;
        const char *exception, *text;
    } cases[] = {
        {403,
         "{\"RemoteException\":{\"exception\":\"SafeModeException\","
         "\"javaClassName\":\"x\",\"message\":\"Cannot create. Name node is in "
         "safe mode.\\nIt was turned on manually.\"}}",
         WEBHDFS_FAILED, STORE_TRANSIENT, "SafeModeException",
         "Cannot create. Name node is in safe mode."},
        {403, "{\"RemoteException\":{\"exception\":\"StandbyException\"}}",
         WEBHDFS_ASIDE, STORE_TRANSIENT, "StandbyException", ""},
        {403,
         "{\"RemoteException\":{\"exception\":\"AlreadyBeingCreatedException\"}"
         "}",
         WEBHDFS_HELD, STORE_TRANSIENT, "AlreadyBeingCreatedException", ""},
        {404, "{\"RemoteException\":{\"exception\":\"FileNotFoundException\"}}",
         WEBHDFS_ABSENT, STORE_MISSING, "FileNotFoundException", ""},
        {403,
         "{\"RemoteException\":{\"exception\":\"AccessControlException\"}}",
         WEBHDFS_FAILED, STORE_NEVER, "AccessControlException", ""},
        {403,
         "{\"RemoteException\":{\"exception\":\"DSQuotaExceededException\"}}",
         WEBHDFS_FAILED, STORE_TRANSIENT, "DSQuotaExceededException", ""},
        {401, "<html>", WEBHDFS_FAILED, STORE_NEVER, "", ""},
        {502, "", WEBHDFS_FAILED, STORE_TRANSIENT, "", ""},
        {403, "{\"RemoteException\":7}", WEBHDFS_FAILED, STORE_TRANSIENT, "",
         ""},
        {403, "{\"RemoteException\":{\"exception\":7,\"message\":[]}}",
         WEBHDFS_FAILED, STORE_TRANSIENT, "", ""},
        {403, "[]", WEBHDFS_FAILED, STORE_TRANSIENT, "", ""},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        char exception[64], text[400];
        enum store_class class;

        assert_int_equal(webhdfs_reply_error(cases[k].status, cases[k].body,
                                             strlen(cases[k].body), exception,
                                             text, sizeof(text), &class),
                         cases[k].verdict);
        assert_int_equal(class, cases[k].class);
        assert_string_equal(exception, cases[k].exception);
        assert_string_equal(text, cases[k].text);
    }
}

static void a_text_of_any_length_is_one_that_fits(void **state)
{
    char body[4096], exception[64], text[100];
    enum store_class class;
    int n = snprintf(body, sizeof(body),
                     "{\"RemoteException\":{\"exception\":\"%0200d\","
                     "\"message\":\"%02000d\"}}",
                     1, 2);

    (void)state;
    webhdfs_reply_error(403, body, (size_t)n, exception, text, sizeof(text),
                        &class);
    assert_int_equal(strlen(exception), 63);
    assert_int_equal(strlen(text), 99);
}

static void answers_are_read_or_refused(void **state)
{
    static const struct {
        const char *body;
        bool boolean, location, status;
    } cases[] = {
        {"{\"boolean\":false}", true, false, false},
        {"{\"Location\":\"http://h:1/\"}", false, true, false},
        {"{\"Location\":\"http://host:12345/webhdfs/v1/too/long\"}", false,
         false, false},
        {"{\"FileStatus\":{\"type\":\"FILE\",\"length\":7}}", false, false,
         true},
        {"{\"FileStatus\":{\"type\":\"FILE\",\"length\":-7}}", false, false,
         false},
        {"{\"FileStatus\":{\"type\":\"FILE\"}}", false, false, false},
        {"{\"boolean\":\"false\"}", false, false, false},
        {"{\"boolean\":true", false, false, false},
        {"", false, false, false},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        const char *body = cases[k].body;
        size_t size = strlen(body);
        char location[16];
        int64_t length;
        bool value;

        assert_int_equal(webhdfs_reply_boolean(body, size, &value),
                         cases[k].boolean);
        assert_int_equal(
            webhdfs_reply_location(body, size, location, sizeof(location)),
            cases[k].location);
        assert_int_equal(webhdfs_reply_status(body, size, &value, &length),
                         cases[k].status);
    }
}

static void add_name(void *arg, const char *name)
{
    char *found = arg;

    snprintf(found + strlen(found), 64 - strlen(found), "%s ", name);
}

static void a_list_has_files_and_no_directories(void **state)
{
    static const char body[] =
        "{\"FileStatuses\":{\"FileStatus\":["
        "{\"pathSuffix\":\"a\",\"type\":\"FILE\"},"
        "{\"pathSuffix\":\"b\",\"type\":\"DIRECTORY\"},7,{},"
        "{\"pathSuffix\":\"c\",\"type\":\"FILE\"}]}}";
    char found[64] = "";

    (void)state;
    assert_true(webhdfs_reply_list(body, sizeof(body) - 1, add_name, found));
    assert_string_equal(found, "a c ");
    assert_false(webhdfs_reply_list("{}", 2, add_name, found));
}

static void an_url_names_name_nodes_and_a_directory(void **state)
{
    struct webhdfs_url url;

    (void)state;
    assert_null(webhdfs_url_read("webhdfs://a:1,b,[::1]:3,[::1]/x y/é/", &url));
    assert_int_equal(url.n_nodes, 4);
    assert_string_equal(url.nodes[0], "a:1");
    assert_string_equal(url.nodes[1], "b:9870");
    assert_string_equal(url.nodes[2], "[::1]:3");
    assert_string_equal(url.nodes[3], "[::1]:9870");
    assert_string_equal(url.path, "/x y/é");
    assert_false(url.tls);
    assert_null(webhdfs_url_read("swebhdfs://a:1/", &url));
    assert_string_equal(url.path, "");
    assert_true(url.tls);
}

static void what_is_no_url_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "hdfs://a:1/x",
        "http://a:1/webhdfs/v1/x",
        "webhdfs://",
        "webhdfs://a:1",
        "webhdfs:///x",
        "webhdfs://a,/x",
        "webhdfs://,a/x",
        "webhdfs://a b/x",
        "webhdfs://a@b/x",
        "webhdfs://a,b,c,d,e,f,g,h,i/x",
    };
    struct webhdfs_url url;

    (void)state;
    for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++) {
        const char *why = webhdfs_url_read(texts[k], &url);

        if (why == NULL || strstr(why, "expected webhdfs://") == NULL)
            fail_msg("\"%s\": %s", texts[k], why == NULL ? "taken" : why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_are_told_apart_by_their_names),
        cmocka_unit_test(a_text_of_any_length_is_one_that_fits),
        cmocka_unit_test(answers_are_read_or_refused),
        cmocka_unit_test(a_list_has_files_and_no_directories),
        cmocka_unit_test(an_url_names_name_nodes_and_a_directory),
        cmocka_unit_test(what_is_no_url_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
