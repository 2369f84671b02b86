/* webhdfs_reply.c - what WebHDFS answers; see webhdfs_reply.h. */
#include "connectors/webhdfs_reply.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { EXCEPTION_SIZE = 64 };

static json_t *parsed(const char *body, size_t size)
{
    return json_loadb(body, size, JSON_REJECT_DUPLICATES, NULL);
}

/* -- errors ---------------------------------------------------------------- */

/* Whatever is not here may work later: a 403 of WebHDFS says nothing. */
static const struct row {
    const char *exception;
    enum webhdfs_verdict verdict;
    enum store_class class;
} rows[] = {
    {"StandbyException", WEBHDFS_ASIDE, STORE_TRANSIENT},
    {"RetriableException", WEBHDFS_ASIDE, STORE_TRANSIENT},
    {"AlreadyBeingCreatedException", WEBHDFS_HELD, STORE_TRANSIENT},
    {"RecoveryInProgressException", WEBHDFS_HELD, STORE_TRANSIENT},
    {"FileNotFoundException", WEBHDFS_ABSENT, STORE_MISSING},
    {"AccessControlException", WEBHDFS_FAILED, STORE_NEVER},
    {"SecurityException", WEBHDFS_FAILED, STORE_NEVER},
    {"ParentNotDirectoryException", WEBHDFS_FAILED, STORE_NEVER},
    {"FileAlreadyExistsException", WEBHDFS_FAILED, STORE_NEVER},
    {"InvalidPathException", WEBHDFS_FAILED, STORE_NEVER},
    {"IllegalArgumentException", WEBHDFS_FAILED, STORE_NEVER},
    {"UnsupportedOperationException", WEBHDFS_FAILED, STORE_NEVER},
};

static void copy_line(char *to, size_t size, const char *from)
{
    size_t n = strcspn(from, "\r\n");

    snprintf(to, size, "%.*s", n < 400 ? (int)n : 400, from);
}

/* {"RemoteException": {"exception": …, "message": …}} */
static void read_exception(const char *body, size_t size, char *exception,
                           char *text, size_t text_size)
{
    json_t *json = parsed(body, size), *remote, *name, *message;

    remote = json_object_get(json, "RemoteException");
    name = json_object_get(remote, "exception");
    message = json_object_get(remote, "message");
    if (json_is_string(name))
        copy_line(exception, EXCEPTION_SIZE, json_string_value(name));
    if (json_is_string(message))
        copy_line(text, text_size, json_string_value(message));
    json_decref(json);
}

enum webhdfs_verdict webhdfs_reply_error(long status, const char *body,
                                         size_t size, char *exception,
                                         char *text, size_t text_size,
                                         enum store_class *class)
{
    exception[0] = text[0] = '\0';
    *class = status == 401 ? STORE_NEVER : STORE_TRANSIENT;
    read_exception(body, size, exception, text, text_size);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i].exception, exception) == 0) {
            *class = rows[i].class;
            return rows[i].verdict;
        }
    return WEBHDFS_FAILED;
}

/* -- values ---------------------------------------------------------------- */

bool webhdfs_reply_boolean(const char *body, size_t size, bool *value)
{
    json_t *json = parsed(body, size), *found;
    bool is;

    found = json_object_get(json, "boolean");
    is = json_is_boolean(found);
    *value = json_is_true(found);
    json_decref(json);
    return is;
}

bool webhdfs_reply_location(const char *body, size_t size, char *location,
                            size_t location_size)
{
    json_t *json = parsed(body, size), *found;
    bool fits;

    found = json_object_get(json, "Location");
    fits = json_is_string(found) && json_string_length(found) < location_size;
    if (fits)
        memcpy(location, json_string_value(found),
               json_string_length(found) + 1);
    json_decref(json);
    return fits;
}

bool webhdfs_reply_status(const char *body, size_t size, bool *directory,
                          int64_t *length)
{
    json_t *json = parsed(body, size), *status, *type, *found;
    bool is;

    status = json_object_get(json, "FileStatus");
    type = json_object_get(status, "type");
    found = json_object_get(status, "length");
    is = json_is_string(type) && json_is_integer(found) &&
         json_integer_value(found) >= 0;
    *directory = is && strcmp(json_string_value(type), "DIRECTORY") == 0;
    *length = is ? json_integer_value(found) : 0;
    json_decref(json);
    return is;
}

bool webhdfs_reply_list(const char *body, size_t size, store_name_fn *each,
                        void *arg)
{
    json_t *json = parsed(body, size), *files, *file;
    size_t i;
    bool is;

    files =
        json_object_get(json_object_get(json, "FileStatuses"), "FileStatus");
    json_array_foreach(files, i, file)
    {
        json_t *name = json_object_get(file, "pathSuffix");
        json_t *type = json_object_get(file, "type");

        if (json_is_string(name) && json_is_string(type) &&
            strcmp(json_string_value(type), "FILE") == 0)
            each(arg, json_string_value(name));
    }
    is = json_is_array(files);
    json_decref(json);
    return is;
}
