/*
 * gale.hpp - spouts and bolts as C++20 classes.
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
 * Exceptions. None leaves the plugin. One out of `execute` fails the input
 * (GALE_RETRY), one out of a constructor or `next`, `tick`, `end_of_input` is
 * an error (GALE_FATAL; out of `next` GALE_RETRY); what() is the text.
 * gale::failure carries a result of its own: throw
 * gale::failure{GALE_POISON, "…"}. One out of `ack`, `fail`, `activate` or
 * `deactivate` is reported, and so is one out of what task.async() and
 * task.post() run; gale_async() and gale_post() take functions of C, and one
 * out of these ends the process.
 *
 * The handles are plain pointers, valid as long as gale/task.h says. They wrap
 * what most bolts need; every function of the C headers works on task.c() and
 * tuple.c(): waits, positions, metrics, configuration. Build with
 * -fvisibility=hidden: the descriptor is then the only symbol of yours that
 * leaves the file. Links nothing of gale.
 * What comes with this: values and handles, gale/handles.hpp; hooks,
 * gale/hook.hpp; topologies and groupings, gale/topology.hpp.
 */
#ifndef GALE_HPP
#define GALE_HPP

#if __cplusplus < 202002L
#error "gale/gale.hpp needs C++20: -std=c++20"
#else

#include <gale/bolt.h>
#include <gale/handles.hpp>
#include <gale/hook.hpp>
#include <gale/spout.h>
#include <gale/topology.hpp>

#pragma GCC visibility push(hidden)
namespace gale
{

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

/* What spouts and bolts have in common. (consteval is not for this: clang 14
 * does not take one within another.) */
template <class C, class D>
constexpr D describe(const char *id, const char *summary)
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

/* The object of a task, whose component is of class C; NULL while there is
 * none. For an invariant (gale/invariant.h). */
template <class C>
const C *look_at(gale_look *look, const char *component, uint32_t index)
{
    auto self = static_cast<const detail::instance<C> *>(
        gale_look_at(look, component, index));

    return self != nullptr && self->place.made ? &self->place.object()
                                               : nullptr;
}

} // namespace gale
#pragma GCC visibility pop

#define GALE_CPP_SPOUT(id_, class_, summary_)                                  \
    GALE_CPP_(spout, id_, class_, summary_)
#define GALE_CPP_BOLT(id_, class_, summary_)                                   \
    GALE_CPP_(bolt, id_, class_, summary_)

#endif
#endif
