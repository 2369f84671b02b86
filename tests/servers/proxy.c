/*
 * proxy.c - what can go wrong between a client and its server:
 *
 *     proxy PORT HOST:PORT
 *         listens on a port of 127.0.0.1 (0: on any that is free), says
 *         "listens PORT", and carries each connection on to the address, which
 *         is one of 127.0.0.0/8
 *
 * Commands come on standard input, one a line. Each is repeated on standard
 * output when it holds; its end is the end of all connections.
 *
 *     cut              closes all connections; "cut N" says how many
 *     hold             nothing is carried any more, in no direction
 *     go               it is, again
 *     refuse           who connects is refused
 *     accept           he is not, again
 *     reset            as cut, and at once, as by a machine that has begun anew
 *     delay MS         what is read from now on is carried on so much later
 *     corrupt N        the next N pieces, in any direction, have one wrong bit
 *     swap N           the next N pieces have their halves in the wrong order
 *     cut-after N      closes all when N more bytes of servers have come
 *     eat-reply N      what servers say from now on is lost, N bytes; then each
 *                      connection of which something was lost is closed
 *     eat-after TEXT   when a client has said TEXT, the server hears it; its
 *                      answer is lost and the connection closed: whoever sent a
 *                      COMMIT does not learn that it was done
 *
 * When what was armed has fired, a line says so, once: "fired eat-after N",
 * with the number of bytes that were lost.
 */
#include "tests/support/piece_faults.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINKS_MAX = 256, TEXT_MAX = 256, LINE_MAX_SIZE = 512, PART = 32768 };

/* One direction: what was read and not written yet. Before it are the last
 * bytes of what was there earlier, as a text may come in two parts. */
struct flow {
    int *from;
    int *to;
    size_t n_before;
    size_t at;
    size_t end;
    int64_t due; /* when what was read goes on, in ms */
    bool over;   /* nothing comes any more */
    char bytes[TEXT_MAX + PART];
};

struct link {
    int client; /* -1: none */
    int server;
    bool eaten; /* something was lost, or is to be */
    struct flow up;
    struct flow down;
};

static struct link links[LINKS_MAX];
static struct sockaddr_in here, there;
static int listener = -1;
static bool held;
static struct piece_faults faults;
static bool late; /* something is held back */

/* What is armed: at most one. */
static const char *armed; /* its command, or NULL */
static char text[TEXT_MAX];
static long reply_left;
static long n_eaten;

static void give_up(const char *what)
{
    fprintf(stderr, "proxy: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void misused(const char *what, const char *expected)
{
    fprintf(stderr, "proxy: found %s, expected %s\n", what, expected);
    exit(2);
}

static void say(const char *word, long n)
{
    if (n < 0)
        printf("%s\n", word);
    else
        printf("%s %ld\n", word, n);
    fflush(stdout);
}

/* -- connections ----------------------------------------------------------- */

static void refuse_all(void)
{
    if (listener >= 0)
        close(listener);
    listener = -1;
}

static void accept_all(void)
{
    socklen_t size = sizeof(here);
    int yes = 1;

    if (listener >= 0)
        return;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0 ||
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) !=
            0 ||
        bind(listener, (struct sockaddr *)&here, sizeof(here)) != 0 ||
        listen(listener, 64) != 0 ||
        getsockname(listener, (struct sockaddr *)&here, &size) != 0)
        give_up("listen");
}

/* What is under way is lost, and the other side hears of it at once. */
static void reset(const struct link *l)
{
    struct linger at_once = {1, 0};

    setsockopt(l->client, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    setsockopt(l->server, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

static void cut(struct link *l)
{
    close(l->client);
    close(l->server);
    l->client = -1;
}

static long cut_all(bool eaten_only)
{
    long n = 0;

    for (struct link *l = links; l < links + LINKS_MAX; l++)
        if (l->client >= 0 && (l->eaten || !eaten_only)) {
            cut(l);
            n++;
        }
    return n;
}

static long reset_all(void)
{
    for (struct link *l = links; l < links + LINKS_MAX; l++)
        if (l->client >= 0)
            reset(l);
    return cut_all(false);
}

static void begin_flow(struct flow *f, int *from, int *to)
{
    f->from = from;
    f->to = to;
    f->n_before = 0;
    f->at = f->end = TEXT_MAX;
    f->over = false;
}

static struct link *unused_link(void)
{
    for (struct link *l = links; l < links + LINKS_MAX; l++)
        if (l->client < 0)
            return l;
    return NULL;
}

/* That nobody answers there is found when something is read. */
static int call_server(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        give_up("socket");
    if (connect(fd, (struct sockaddr *)&there, sizeof(there)) != 0 &&
        errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

static void take_client(void)
{
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    int server = fd < 0 ? -1 : call_server();
    struct link *l = unused_link();

    if (fd < 0)
        return;
    if (l == NULL)
        misused("more clients", "256 at a time");
    if (server < 0) {
        close(fd);
        return;
    }
    l->client = fd;
    l->server = server;
    l->eaten = false;
    begin_flow(&l->up, &l->client, &l->server);
    begin_flow(&l->down, &l->server, &l->client);
}

/* -- what is lost ---------------------------------------------------------- */

static void fire(void)
{
    char line[64];

    snprintf(line, sizeof(line), "fired %s", armed);
    armed = NULL;
    cut_all(true);
    say(line, n_eaten);
}

static void fire_cut(void)
{
    armed = NULL;
    say("fired cut-after", cut_all(false));
}

static bool is_armed(const char *command)
{
    return armed != NULL && strcmp(armed, command) == 0;
}

static bool somebody_is_eaten(void)
{
    for (struct link *l = links; l < links + LINKS_MAX; l++)
        if (l->client >= 0 && l->eaten)
            return true;
    return false;
}

/* Some of what is looked for was said just now. */
static bool says_text(const struct flow *f)
{
    size_t before = strlen(text) - 1;

    if (f->at == f->end)
        return false;
    if (before > f->n_before)
        before = f->n_before;
    return memmem(f->bytes + f->at - before, f->end - f->at + before, text,
                  strlen(text)) != NULL;
}

/* A client has said something. */
static void look_for_text(struct link *l)
{
    if (is_armed("eat-after") && !somebody_is_eaten() && says_text(&l->up))
        l->eaten = true;
}

/* A server has said something. */
static void eat(struct link *l)
{
    long size = (long)(l->down.end - l->down.at);

    if (is_armed("cut-after")) {
        reply_left -= size;
        if (reply_left < 0)
            fire_cut();
        return;
    }
    if (is_armed("eat-reply"))
        l->eaten = true;
    if (!l->eaten)
        return;
    l->down.at = l->down.end;
    n_eaten += size;
    reply_left -= size;
    if (is_armed("eat-after") || reply_left <= 0)
        fire();
}

/* -- carrying -------------------------------------------------------------- */

/* What was written last stands before what is read next. */
static void keep_end(struct flow *f)
{
    size_t kept = f->n_before + f->end - TEXT_MAX;

    kept = kept < TEXT_MAX - 1 ? kept : TEXT_MAX - 1;
    memmove(f->bytes + TEXT_MAX - kept, f->bytes + f->end - kept, kept);
    f->n_before = kept;
    f->at = f->end = TEXT_MAX;
}

/* False: it has broken. */
static bool take(struct flow *f)
{
    const char *fired;
    ssize_t n;

    keep_end(f);
    n = read(*f->from, f->bytes + TEXT_MAX, PART);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    f->end += (size_t)n;
    f->over = n == 0;
    if (n > 0)
        f->due = piece_now_ms() + faults.delay_ms;
    fired = piece_damage(&faults, f->bytes + f->at, f->end - f->at);
    if (fired != NULL)
        say(fired, -1);
    return true;
}

static bool give(struct flow *f)
{
    if (piece_now_ms() < f->due)
        return true;
    while (f->at < f->end) {
        ssize_t n = write(*f->to, f->bytes + f->at, f->end - f->at);

        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        f->at += (size_t)n;
    }
    return !f->over || shutdown(*f->to, SHUT_WR) == 0;
}

static bool is_empty(const struct flow *f)
{
    return f->at == f->end;
}

static bool carry_up(struct link *l, short events)
{
    if (is_empty(&l->up) && events != 0) {
        if (!take(&l->up))
            return false;
        look_for_text(l);
    }
    return give(&l->up);
}

static bool carry_down(struct link *l, short events)
{
    if (is_empty(&l->down) && events != 0) {
        if (!take(&l->down))
            return false;
        if (!is_empty(&l->down))
            eat(l);
        if (l->client < 0)
            return true;
    }
    return give(&l->down);
}

/* A connection of which something is to be lost has ended by itself: that is
 * what the caller wanted, too. */
static void end_link(struct link *l)
{
    bool was_eaten = l->eaten;

    cut(l);
    if (was_eaten && is_armed("eat-after"))
        fire();
}

/* Something was held back, and is not any more. */
static bool is_due(const struct link *l)
{
    int64_t now = piece_now_ms();

    return !held && ((!is_empty(&l->up) && l->up.due <= now) ||
                     (!is_empty(&l->down) && l->down.due <= now));
}

static void carry(struct link *l, const struct pollfd *ends)
{
    short client = ends[0].revents & ~POLLOUT;
    short server = ends[1].revents & ~POLLOUT;

    if (ends[0].revents == 0 && ends[1].revents == 0 && !is_due(l))
        return;
    if (!l->up.over && !carry_up(l, client)) {
        end_link(l);
        return;
    }
    if (!l->down.over && !carry_down(l, server)) {
        end_link(l);
        return;
    }
    if (l->client >= 0 && l->up.over && l->down.over)
        end_link(l);
}

static short wanted(const struct flow *in, const struct flow *out)
{
    short events = 0;

    if (!in->over && is_empty(in))
        events |= POLLIN;
    if (!is_empty(out) && out->due > piece_now_ms())
        late = true;
    else if (!is_empty(out))
        events |= POLLOUT;
    return events;
}

static void watch(const struct link *l, struct pollfd *ends)
{
    bool none = l->client < 0 || held;

    ends[0].events = none ? 0 : wanted(&l->up, &l->down);
    ends[1].events = none ? 0 : wanted(&l->down, &l->up);
    /* Of what nobody waits for, not even the end: poll() would not sleep. */
    ends[0].fd = ends[0].events == 0 ? -1 : l->client;
    ends[1].fd = ends[1].events == 0 ? -1 : l->server;
    ends[0].revents = ends[1].revents = 0;
}

/* -- commands -------------------------------------------------------------- */

static void arm(const char *command)
{
    armed = command;
    n_eaten = 0;
    for (struct link *l = links; l < links + LINKS_MAX; l++)
        l->eaten = false;
}

static void arm_reply(const char *command, const char *word)
{
    char *end;

    errno = 0;
    reply_left = strtol(word, &end, 10);
    if (errno != 0 || *end != '\0' || reply_left < 1)
        misused(word, "a number of bytes");
    arm(command);
    say(command, -1);
}

static void arm_after(const char *word)
{
    if (*word == '\0' || strlen(word) >= TEXT_MAX)
        misused(word, "a text of 1 to 255 bytes");
    memcpy(text, word, strlen(word) + 1);
    arm("eat-after");
    say("eat-after", -1);
}

static bool obey_word(const char *word)
{
    if (strcmp(word, "cut") == 0) {
        say("cut", cut_all(false));
        return true;
    }
    if (strcmp(word, "reset") == 0) {
        say("reset", reset_all());
        return true;
    }
    if (strcmp(word, "hold") == 0)
        held = true;
    else if (strcmp(word, "go") == 0)
        held = false;
    else if (strcmp(word, "refuse") == 0)
        refuse_all();
    else if (strcmp(word, "accept") == 0)
        accept_all();
    else
        return false;
    say(word, -1);
    return true;
}

/* With a number behind it. */
static bool obey_number(const char *line)
{
    const char *blank = strchr(line, ' ');
    long number;
    char *end;

    if (blank == NULL || !piece_knows(line, (size_t)(blank - line)))
        return false;
    errno = 0;
    number = strtol(blank + 1, &end, 10);
    if (errno != 0 || *end != '\0' || number < 0)
        misused(blank + 1, "a number");
    say(piece_arm(&faults, line, number), -1);
    return true;
}

static void obey(const char *line)
{
    if (obey_word(line) || obey_number(line))
        return;
    if (strncmp(line, "cut-after ", 10) == 0)
        arm_reply("cut-after", line + 10);
    else if (strncmp(line, "eat-reply ", 10) == 0)
        arm_reply("eat-reply", line + 10);
    else if (strncmp(line, "eat-after ", 10) == 0)
        arm_after(line + 10);
    else
        misused(line, "cut, reset, hold, go, refuse, accept, delay, corrupt, "
                      "swap, cut-after, eat-reply N or eat-after TEXT");
}

/* False: there will be no more. */
static bool read_commands(void)
{
    static char lines[LINE_MAX_SIZE];
    static size_t size;
    ssize_t n = read(STDIN_FILENO, lines + size, sizeof(lines) - size);
    char *end;

    if (n <= 0)
        return false;
    size += (size_t)n;
    while ((end = memchr(lines, '\n', size)) != NULL) {
        *end = '\0';
        obey(lines);
        size -= (size_t)(end + 1 - lines);
        memmove(lines, end + 1, size);
    }
    if (size == sizeof(lines))
        misused("a line without an end", "a command");
    return true;
}

/* -- all of it ------------------------------------------------------------- */

static bool turn(void)
{
    static struct pollfd ends[2 + 2 * LINKS_MAX];

    ends[0] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
    ends[1] = (struct pollfd){listener, POLLIN, 0};
    late = false;
    for (size_t i = 0; i < LINKS_MAX; i++)
        watch(&links[i], &ends[2 + 2 * i]);
    if (poll(ends, sizeof(ends) / sizeof(*ends), late ? 1 : -1) < 0 &&
        errno != EINTR)
        give_up("poll");
    for (size_t i = 0; i < LINKS_MAX; i++)
        if (links[i].client >= 0)
            carry(&links[i], &ends[2 + 2 * i]);
    if (ends[1].revents != 0)
        take_client();
    return ends[0].revents == 0 || read_commands();
}

static in_port_t port_of(const char *word)
{
    char *end;
    unsigned long port = strtoul(word, &end, 10);

    if (*word == '\0' || *end != '\0' || port > 65535)
        misused(word, "a port");
    return htons((in_port_t)port);
}

/* Nobody but this machine: it is for tests. */
static void read_address(char *word)
{
    char *colon = strrchr(word, ':');

    if (colon == NULL)
        misused(word, "HOST:PORT");
    *colon = '\0';
    if (inet_pton(AF_INET, word, &there.sin_addr) != 1 ||
        ntohl(there.sin_addr.s_addr) >> 24 != IN_LOOPBACKNET)
        misused(word, "an address such as 127.0.0.1");
    there.sin_port = port_of(colon + 1);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        misused("other arguments", "PORT HOST:PORT");
    signal(SIGPIPE, SIG_IGN);
    here.sin_family = there.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    here.sin_port = port_of(argv[1]);
    read_address(argv[2]);
    for (struct link *l = links; l < links + LINKS_MAX; l++)
        l->client = -1;
    accept_all();
    say("listens", ntohs(here.sin_port));
    while (turn())
        ;
    return 0;
}
