/*
 * gale/hook.hpp - hooks as C++20 classes; part of gale.hpp.
 *
 *     class slow
 *     {
 *       public:
 *         void bolt_execute(gale::task task, gale::tuple, int64_t ns)
 *         {
 *             if (ns > 1000000)
 *                 task.log(GALE_LOG_INFO, "a slow call");
 *         }
 *     };
 *
 *     GALE_CPP_HOOK(slow, slow, "logs calls of more than 1 ms");
 *
 * Each task of the topology has one object of the class, made before the task
 * is opened and ended after it was closed. What the class may have, all public:
 *
 *     C(gale::task) or C()
 *     void emit(task, const gale_emitted &)
 *     void spout_ack(task, gale_msgid), spout_fail(task, gale_msgid)
 *     void bolt_execute(task, tuple, int64_t ns)
 *     void bolt_ack(task, std::optional<tuple>), bolt_fail(the same)
 *                                        none: it was held and is gone
 *
 * What they are told, and what they must not do, is in gale/hook.h. What one
 * throws is reported as an error of the task, and changes nothing; of a task
 * for which the constructor throws, nothing is looked at.
 */
#ifndef GALE_HOOK_HPP
#define GALE_HOOK_HPP

#if __cplusplus < 202002L
#error "gale/hook.hpp needs C++20: -std=c++20"
#else

#include <gale/handles.hpp>
#include <gale/hook.h>
#include <optional>

#pragma GCC visibility push(hidden)
namespace gale
{
namespace detail
{

/* The C callbacks of a hook. */
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

} // namespace detail

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

#define GALE_CPP_HOOK(id_, class_, summary_)                                   \
    GALE_CPP_(hook, id_, class_, summary_)

#endif
#endif
