/*
 * gale.hpp - spouts, bolts and hooks as C++20 classes.
 *
 *     class count {
 *     public:
 *         static constexpr auto streams = gale::outputs<"word", "n">();
 *
 *         void execute(gale::task task, gale::tuple in)
 *         {
 *             std::string word{in.str(0)};
 *             task.emit({word, ++seen[word]});
 *         }
 *
 *     private:
 *         std::map<std::string, int64_t> seen;
 *     };
 *
 *     GALE_CPP_BOLT(count, count, "counts words");
 *
 * A task is one object of the class: made in open or prepare, ended in close or
 * cleanup. It lies in the instance memory, behind the options. What the class
 * may have, all public; only `next`, or `execute`, is required:
 *
 *     struct options { … };              plain data, filled by the host; then
 *     static constexpr gale_option option_table[] = {…};   offsets in options
 *     C(gale::task, const options &), C(gale::task) or C()
 *     static constexpr gale_streams streams      gale::outputs<"a", "b">()
 *                  or gale::streams<gale::stream<"default", "a">, …>()
 *     static gale_result declare(gale_outputs *, const options &)
 *     void activate(task), deactivate(task), next(task), ack(task, gale_msgid),
 *          fail(task, gale_msgid)                                      (spout)
 *     void execute(task, tuple), tick(task), end_of_input(task)         (bolt)
 *     static constexpr uint32_t flags    GALE_BOLT_BLOCKING …
 *     static constexpr uint32_t needs    GALE_NEEDS_NETWORK
 *
 * `next`, `execute`, `tick` and `end_of_input` may return gale_result instead.
 *
 * A hook (gale/hook.h) is such a class, too: GALE_CPP_HOOK(slow, slow, "…"). Each
 * task has one object of it, which a constructor without options makes, and all of
 * these may be missing:
 *
 *     void emit(task, const gale_emitted &)
 *     void spout_ack(task, gale_msgid), spout_fail(task, gale_msgid)
 *     void bolt_execute(task, tuple, int64_t ns)
 *     void bolt_ack(task, std::optional<tuple>), bolt_fail(the same)
 *                                        none: it was held and is gone
 *
 * Exceptions. None leaves the plugin. One out of `execute` fails the input
 * (GALE_RETRY), one out of a constructor or `next`, `tick`, `end_of_input` is
 * an error (GALE_FATAL; out of `next` GALE_RETRY); what() is the text.
 * gale::failure carries a result of its own: throw
 * gale::failure{GALE_POISON, "…"}. One out of `ack`, `fail`, `activate`,
 * `deactivate`, or of a hook, is reported; of a hook's task whose constructor
 * throws, nothing is looked at.
 *
 * The handles are plain pointers, valid as long as gale/task.h says; every
 * function of the C headers works on task.c() and tuple.c(). Build with
 * -fvisibility=hidden: the descriptor is then the only symbol of yours that
 * leaves the file. Links nothing of gale.
 * Topologies and groupings: gale/topology.hpp, which comes with this.
 */
#ifndef GALE_HPP
#define GALE_HPP

#include <concepts>
#include <exception>
#include <gale/bolt.h>
#include <gale/hook.h>
#include <gale/spout.h>
#include <gale/topology.hpp>
#include <initializer_list>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

#pragma GCC visibility push(hidden)
namespace gale
{

/* -- values ---------------------------------------------------------------- */

/* Borrows text: it must live until emit has returned. */
struct value : gale_value {
    value(std::nullptr_t) : gale_value(gale_nil())
    {
    }
    value(std::same_as<bool> auto b) : gale_value(gale_bool(b))
    {
    }
    value(std::integral auto i) requires(!std::same_as<decltype(i), bool>)
        : gale_value(gale_int(static_cast<int64_t>(i)))
    {
    }
    value(std::floating_point auto f)
        : gale_value(gale_float(static_cast<double>(f)))
    {
    }
    value(std::string_view s) : gale_value(gale_string(s.data(), s.size()))
    {
    }
    value(const std::string &s) : value(std::string_view(s))
    {
    }
    value(const char *s) : value(std::string_view(s))
    {
    }
    value(gale_value v) : gale_value(v)
    {
    }
};

inline std::string_view view(gale_str s)
{
    return {s.data, s.size};
}

/* -- handles --------------------------------------------------------------- */

class tuple
{
    static uint32_t index(std::integral auto i)
    {
        return static_cast<uint32_t>(i);
    }

  public:
    explicit tuple(const gale_tuple *t) : t_(t)
    {
    }

    /* By index, of any integer type: a literal 0 is no null pointer here. */
    std::string_view str(std::integral auto i) const
    {
        return view(gale_get_str(t_, index(i)));
    }
    int64_t integer(std::integral auto i) const
    {
        return gale_get_int(t_, index(i));
    }
    double number(std::integral auto i) const
    {
        return gale_get_float(t_, index(i));
    }
    bool boolean(std::integral auto i) const
    {
        return gale_get_bool(t_, index(i));
    }
    gale_value get(std::integral auto i) const
    {
        return gale_get(t_, index(i));
    }

    std::string_view str(const char *name) const
    {
        return view(gale_str_of(t_, name));
    }
    int64_t integer(const char *name) const
    {
        return gale_int_of(t_, name);
    }
    double number(const char *name) const
    {
        return gale_float_of(t_, name);
    }
    bool boolean(const char *name) const
    {
        return gale_bool_of(t_, name);
    }
    gale_value get(const char *name) const
    {
        return gale_value_of(t_, name);
    }

    uint32_t size() const
    {
        return gale_n_fields(t_);
    }
    const gale_tuple *c() const
    {
        return t_;
    }

  private:
    const gale_tuple *t_;
};

using values = std::initializer_list<value>;

class task
{
  public:
    explicit task(gale_task *t) : t_(t)
    {
    }

    gale_result emit(values v)
    {
        return emit_to(0, v);
    }
    gale_result emit_to(uint32_t stream, values v)
    {
        gale_value plain[256];
        return gale_emit_values_to(t_, stream, plain, copy(v, plain));
    }
    gale_result emit_msg(gale_msgid id, values v)
    {
        gale_value plain[256];
        return gale_emit_values_msg(t_, id, plain, copy(v, plain));
    }
    gale_handle hold(tuple in)
    {
        return gale_hold(t_, in.c());
    }
    void ack(gale_handle handle)
    {
        gale_ack(t_, handle);
    }
    void fail(gale_handle handle)
    {
        gale_fail(t_, handle);
    }
    void tick_every(int64_t ms)
    {
        gale_tick_every(t_, ms);
    }
    void exhausted()
    {
        gale_exhausted(t_);
    }
    void log(gale_log_level level, const std::string &text)
    {
        gale_log(t_, level, "%s", text.c_str());
    }
    gale_task *c()
    {
        return t_;
    }

  private:
    static uint32_t copy(values v, gale_value *to)
    {
        if (v.size() > 255)
            throw std::length_error("more than 255 values");
        for (const value &each : v)
            *to++ = each;
        return static_cast<uint32_t>(v.size());
    }

    gale_task *t_;
};

/* An exception that says what is to happen. */
struct failure : std::runtime_error {
    failure(gale_result r, const std::string &text)
        : std::runtime_error(text), result(r)
    {
    }
    gale_result result;
};

/* -- streams --------------------------------------------------------------- */

/* Text as a template argument. */
template <size_t N> struct name {
    char text[N];
    consteval name(const char (&from)[N])
    {
        for (size_t i = 0; i < N; i++)
            text[i] = from[i];
    }
};

template <name... Fields> struct field_names {
    static constexpr const char *list[] = {Fields.text...};
    static constexpr gale_fields all = {list, sizeof...(Fields),
                                        sizeof(const char *)};
};

template <name Id, name... Fields> struct stream {
    static constexpr gale_stream row = {Id.text, 0, 0,
                                        field_names<Fields...>::all, nullptr};
};

template <name Id, name... Fields> struct direct_stream {
    static constexpr gale_stream row = {Id.text, GALE_STREAM_DIRECT, 0,
                                        field_names<Fields...>::all, nullptr};
};

template <class... Streams> struct stream_rows {
    static constexpr gale_stream list[] = {Streams::row...};
};

template <class... Streams> consteval gale_streams streams()
{
    return {stream_rows<Streams...>::list, sizeof...(Streams),
            sizeof(gale_stream)};
}

/* The usual case: one stream, named "default", with these fields. */
template <name... Fields> consteval gale_streams outputs()
{
    return streams<stream<"default", Fields...>>();
}

/* -- the instance ---------------------------------------------------------- */

namespace detail
{

struct no_options {
};

template <class C> struct options_of {
    using type = no_options;
};
template <class C>
requires requires
{
    typename C::options;
}
struct options_of<C> {
    using type = typename C::options;
};

/* Where a host has room for an object: zeroed. */
template <class C> struct place {
    bool made;
    alignas(C) unsigned char memory[sizeof(C)];

    static_assert(alignof(C) <= 16, "the host aligns instances to 16 bytes");

    C &object()
    {
        return *std::launder(reinterpret_cast<C *>(memory));
    }
    template <class... Arguments> void make(const Arguments &...arguments)
    {
        new (memory) C(arguments...);
        made = true;
    }
    void end() noexcept
    {
        if (made)
            object().~C();
        made = false;
    }
};

template <class C> struct instance {
    using options_type = typename options_of<C>::type;

    options_type options; /* first: the table's offsets are in it */
    struct place<C> place;

    static_assert(std::is_trivially_copyable_v<options_type> &&
                      std::is_standard_layout_v<options_type>,
                  "the host fills options as plain C data");

    static instance *of(gale_task *t)
    {
        return static_cast<instance *>(gale_instance(t));
    }
    static C &object(gale_task *t)
    {
        return of(t)->place.object();
    }
    static void make(gale_task *t)
    {
        instance *self = of(t);

        if constexpr (std::constructible_from<C, task, const options_type &>)
            self->place.make(task(t), self->options);
        else if constexpr (std::constructible_from<C, task>)
            self->place.make(task(t));
        else
            self->place.make();
    }
    static void end(gale_task *t) noexcept
    {
        of(t)->place.end();
    }
};

/* Call f; an exception becomes a result and its text. */
template <class F>
gale_result guarded(gale_task *t, gale_result thrown, F f) noexcept
{
    try {
        if constexpr (std::is_void_v<decltype(f())>)
            f();
        else
            return f();
        return GALE_OK;
    } catch (const failure &e) {
        return gale_error(t, e.result, "%s", e.what());
    } catch (const std::exception &e) {
        return gale_error(t, thrown, "%s", e.what());
    } catch (...) {
        return gale_error(t, thrown, "an exception of an unknown type");
    }
}

/* The same where there is no result: the text is reported. */
template <class F> void reported(gale_task *t, F f) noexcept
{
    try {
        f();
    } catch (const std::exception &e) {
        gale_report_error(t, "%s", e.what());
    } catch (...) {
        gale_report_error(t, "an exception of an unknown type");
    }
}

/* The C callbacks of a class. */
template <class C> struct calls {
    using at = instance<C>;

    static gale_result declare(gale_outputs *out, const void *memory) noexcept
    {
        const auto *options =
            static_cast<const typename at::options_type *>(memory);
        try {
            return C::declare(out, *options);
        } catch (const std::exception &e) {
            return gale_declare_error(out, e.what());
        } catch (...) {
            return gale_declare_error(out, "an exception of an unknown type");
        }
    }
    static gale_result make(gale_task *t)
    {
        return guarded(t, GALE_FATAL, [t] { at::make(t); });
    }
    static void close(gale_task *t, gale_close_reason)
    {
        at::end(t);
    }
    static void cleanup(gale_task *t)
    {
        at::end(t);
    }
    static gale_result next(gale_task *t)
    {
        return guarded(t, GALE_RETRY,
                       [t] { return at::object(t).next(task(t)); });
    }
    static gale_result execute(gale_task *t, const gale_tuple *in)
    {
        return guarded(t, GALE_RETRY, [t, in] {
            return at::object(t).execute(task(t), tuple(in));
        });
    }
    static gale_result tick(gale_task *t)
    {
        return guarded(t, GALE_FATAL,
                       [t] { return at::object(t).tick(task(t)); });
    }
    static gale_result end_of_input(gale_task *t)
    {
        return guarded(t, GALE_FATAL,
                       [t] { return at::object(t).end_of_input(task(t)); });
    }
    static void activate(gale_task *t)
    {
        reported(t, [t] { at::object(t).activate(task(t)); });
    }
    static void deactivate(gale_task *t)
    {
        reported(t, [t] { at::object(t).deactivate(task(t)); });
    }
    static void ack(gale_task *t, gale_msgid id)
    {
        reported(t, [t, id] { at::object(t).ack(task(t), id); });
    }
    static void fail(gale_task *t, gale_msgid id)
    {
        reported(t, [t, id] { at::object(t).fail(task(t), id); });
    }
};

/* Those of a hook's. */
template <class C> struct looks {
    using at = place<C>;

    /* What f does with the object, if there is one. */
    template <class F> static void with(gale_task *t, void *memory, F f)
    {
        at *self = static_cast<at *>(memory);

        if (self->made)
            reported(t, [self, f] { f(self->object()); });
    }
    static std::optional<tuple> input(const gale_tuple *in)
    {
        return in != nullptr ? std::optional(tuple(in)) : std::nullopt;
    }
    static void prepare(gale_task *t, void *memory)
    {
        at *self = static_cast<at *>(memory);

        reported(t, [t, self] {
            if constexpr (std::constructible_from<C, task>)
                self->make(task(t));
            else
                self->make();
        });
    }
    static void cleanup(gale_task *, void *memory)
    {
        static_cast<at *>(memory)->end();
    }
    static void emit(gale_task *t, void *memory, const gale_emitted *what)
    {
        with(t, memory, [t, what](C &c) { c.emit(task(t), *what); });
    }
    static void spout_ack(gale_task *t, void *memory, gale_msgid id)
    {
        with(t, memory, [t, id](C &c) { c.spout_ack(task(t), id); });
    }
    static void spout_fail(gale_task *t, void *memory, gale_msgid id)
    {
        with(t, memory, [t, id](C &c) { c.spout_fail(task(t), id); });
    }
    static void bolt_execute(gale_task *t, void *memory, const gale_tuple *in,
                             int64_t ns)
    {
        with(t, memory,
             [t, in, ns](C &c) { c.bolt_execute(task(t), tuple(in), ns); });
    }
    static void bolt_ack(gale_task *t, void *memory, const gale_tuple *in)
    {
        with(t, memory, [t, in](C &c) { c.bolt_ack(task(t), input(in)); });
    }
    static void bolt_fail(gale_task *t, void *memory, const gale_tuple *in)
    {
        with(t, memory, [t, in](C &c) { c.bolt_fail(task(t), input(in)); });
    }
};

/* What spouts and bolts have in common. */
template <class C, class D>
consteval D describe(const char *id, const char *summary)
{
    D d{};

    d.abi = GALE_ABI;
    d.size = sizeof(D);
    d.host_needs = sizeof(gale_task_host);
    d.name = id;
    d.summary = summary;
    d.instance_size = sizeof(instance<C>);
    if constexpr (requires { C::flags; })
        d.flags = C::flags;
    if constexpr (requires { C::needs; })
        d.needs = C::needs;
    if constexpr (requires { C::streams; })
        d.streams = C::streams;
    if constexpr (requires { C::option_table; })
        d.options = {C::option_table, std::extent_v<decltype(C::option_table)>,
                     sizeof(gale_option)};
    if constexpr (requires { &C::declare; })
        d.declare = calls<C>::declare;
    return d;
}

} // namespace detail

template <class C>
consteval gale_spout make_spout(const char *id, const char *s)
{
    using calls = detail::calls<C>;
    gale_spout d = detail::describe<C, gale_spout>(id, s);

    d.open = calls::make;
    d.close = calls::close;
    d.next = calls::next;
    if constexpr (requires { &C::activate; })
        d.activate = calls::activate;
    if constexpr (requires { &C::deactivate; })
        d.deactivate = calls::deactivate;
    if constexpr (requires { &C::ack; })
        d.ack = calls::ack;
    if constexpr (requires { &C::fail; })
        d.fail = calls::fail;
    return d;
}

template <class C> consteval gale_bolt make_bolt(const char *id, const char *s)
{
    using calls = detail::calls<C>;
    gale_bolt d = detail::describe<C, gale_bolt>(id, s);

    d.prepare = calls::make;
    d.cleanup = calls::cleanup;
    d.execute = calls::execute;
    if constexpr (requires { &C::tick; })
        d.tick = calls::tick;
    if constexpr (requires { &C::end_of_input; })
        d.end_of_input = calls::end_of_input;
    return d;
}

template <class C> consteval gale_hook make_hook(const char *id, const char *s)
{
    using looks = detail::looks<C>;
    gale_hook d{};

    d.abi = GALE_ABI;
    d.size = sizeof(d);
    d.name = id;
    d.summary = s;
    d.instance_size = sizeof(detail::place<C>);
    d.prepare = looks::prepare;
    d.cleanup = looks::cleanup;
    if constexpr (requires { &C::emit; })
        d.emit = looks::emit;
    if constexpr (requires { &C::spout_ack; })
        d.spout_ack = looks::spout_ack;
    if constexpr (requires { &C::spout_fail; })
        d.spout_fail = looks::spout_fail;
    if constexpr (requires { &C::bolt_execute; })
        d.bolt_execute = looks::bolt_execute;
    if constexpr (requires { &C::bolt_ack; })
        d.bolt_ack = looks::bolt_ack;
    if constexpr (requires { &C::bolt_fail; })
        d.bolt_fail = looks::bolt_fail;
    return d;
}

} // namespace gale
#pragma GCC visibility pop

#define GALE_CPP_(kind_, id_, class_, summary_)                                \
    GALE_MANIFEST(kind_, id_);                                                 \
    extern "C" GALE_EXPORT const gale_##kind_ gale_##kind_##_##id_;            \
    constinit const gale_##kind_ gale_##kind_##_##id_ =                        \
        gale::make_##kind_<class_>(#id_, summary_)

#define GALE_CPP_SPOUT(id_, class_, summary_)                                  \
    GALE_CPP_(spout, id_, class_, summary_)
#define GALE_CPP_BOLT(id_, class_, summary_)                                   \
    GALE_CPP_(bolt, id_, class_, summary_)
#define GALE_CPP_HOOK(id_, class_, summary_)                                   \
    GALE_CPP_(hook, id_, class_, summary_)

#endif
