/*
 * gale/handles.hpp - values, handles and exceptions in C++20; part of gale.hpp.
 *
 *     task.emit({word, 7, 0.5, true});
 *     std::string_view word = in.str("word");
 *
 * Texts are borrowed both ways: one that is emitted must live until emit has
 * returned, one that was read as long as its tuple.
 */
#ifndef GALE_HANDLES_HPP
#define GALE_HANDLES_HPP

#if __cplusplus < 202002L
#error "gale/handles.hpp needs C++20: -std=c++20"
#else

#include <concepts>
#include <exception>
#include <gale/task.h>
#include <gale/tuple.h>
#include <initializer_list>
#include <new>
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
using handles = std::initializer_list<gale_handle>; /* held inputs */

class task;

namespace detail
{
template <gale_work_fn *work> gale_result run_work(void *arg) noexcept;
template <void (*done)(task, gale_result, void *)>
void run_done(gale_task *t, gale_result result, void *arg) noexcept;
template <void (*fn)(task, void *)>
void run_posted(gale_task *t, void *arg) noexcept;
} // namespace detail

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
    /* Anchored to these held inputs alone. */
    gale_result emit_anchored(handles anchors, values v)
    {
        gale_value plain[256];
        return gale_emit_values_anchored(t_, anchors.begin(),
                                         static_cast<uint32_t>(anchors.size()),
                                         plain, copy(v, plain));
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
    /* It can never succeed, and this is why. */
    void poison(gale_handle handle, const char *why)
    {
        (void)gale_error(t_, GALE_POISON, "%s", why);
        gale_poison(t_, handle);
    }
    void pause_input()
    {
        gale_pause_input(t_);
    }
    void resume_input()
    {
        gale_resume_input(t_);
    }
    /* As gale_async() and gale_post(), with functions that may throw: out of
     * work, GALE_FATAL (or what a gale::failure carries) comes to done; what
     * done or fn throws is reported. */
    template <gale_work_fn *work, void (*done)(task, gale_result, void *)>
    [[nodiscard]] gale_result async(void *arg)
    {
        return gale_async(t_, detail::run_work<work>, detail::run_done<done>,
                          arg);
    }
    template <void (*fn)(task, void *)> void post(void *arg)
    {
        gale_post(t_, detail::run_posted<fn>, arg);
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

/* -- what descriptors are made of ------------------------------------------ */

namespace detail
{

/* Where a host has room for an object: zeroed. */
template <class C> struct place {
    bool made;
    alignas(C) unsigned char memory[sizeof(C)];

    static_assert(alignof(C) <= 16, "the host aligns instances to 16 bytes");

    C &object()
    {
        return *std::launder(reinterpret_cast<C *>(memory));
    }
    const C &object() const
    {
        return *std::launder(reinterpret_cast<const C *>(memory));
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

/* On a thread of the pool: no task to say a text to. */
template <gale_work_fn *work> gale_result run_work(void *arg) noexcept
{
    try {
        return work(arg);
    } catch (const failure &e) {
        return e.result;
    } catch (...) {
        return GALE_FATAL;
    }
}

template <void (*done)(task, gale_result, void *)>
void run_done(gale_task *t, gale_result result, void *arg) noexcept
{
    reported(t, [&] { done(task(t), result, arg); });
}

template <void (*fn)(task, void *)>
void run_posted(gale_task *t, void *arg) noexcept
{
    reported(t, [&] { fn(task(t), arg); });
}

} // namespace detail
} // namespace gale
#pragma GCC visibility pop

#define GALE_CPP_(kind_, id_, class_, summary_)                                \
    GALE_MANIFEST(kind_, id_);                                                 \
    extern "C" GALE_EXPORT const gale_##kind_ gale_##kind_##_##id_;            \
    constinit const gale_##kind_ gale_##kind_##_##id_ =                        \
        gale::make_##kind_<class_>(#id_, summary_)

#endif
#endif
