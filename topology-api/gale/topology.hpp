/*
 * gale/topology.hpp - topologies, groupings, invariants in C++20; part of
 * gale.hpp.
 *
 *     static gale_result build(gale_builder *b, int argc, char **argv)
 *     {
 *         gale_add_spout(b, "lines", "lines", 1);
 *         gale_shuffle(gale_add_bolt(b, "split", "split", 2), "lines");
 *         gale_by_fields(gale_add_bolt(b, "count", "count", 2), "split",
 *                        "word");
 *         return GALE_OK;
 *     }
 *
 *     GALE_TOPOLOGY(words, .summary = "counts words", .build = build);
 *
 * All is written as in C (gale/topology.h, gale/grouping.h), but C++ wants the
 * members in the order of the struct: .summary, .usage, .build; and .summary,
 * .instance_size, .prepare, .choose, .cleanup. An exception out of build is its
 * error, what() the text; one out of an invariant says that it is not true. The
 * functions of a grouping must not throw.
 */
#ifndef GALE_TOPOLOGY_HPP
#define GALE_TOPOLOGY_HPP

#if __cplusplus < 202002L
#error "gale/topology.hpp needs C++20: -std=c++20"
#else

#include <concepts>
#include <exception>
#include <gale/grouping.h>
#include <gale/invariant.h>
#include <gale/topology.h>

#pragma GCC visibility push(hidden)
namespace gale::detail
{

/* What a descriptor is made of; what is left out is absent. */
struct topology_parts {
    const char *summary = nullptr;
    const char *usage = nullptr;
    gale_result (*build)(gale_builder *, int, char **) = nullptr;
};

struct grouping_parts {
    const char *summary = nullptr;
    uint32_t instance_size = 0;
    decltype(gale_grouping::prepare) prepare = nullptr;
    decltype(gale_grouping::choose) choose = nullptr;
    decltype(gale_grouping::cleanup) cleanup = nullptr;
};

struct invariant_parts {
    const char *summary = nullptr;
    decltype(gale_invariant::look) look = nullptr;
};

consteval bool is_given(decltype(invariant_parts::look) function)
{
    return function != nullptr;
}

consteval bool is_given(decltype(topology_parts::build) function)
{
    return function != nullptr;
}

template <const topology_parts &parts>
gale_result build(gale_builder *b, int argc, char **argv) noexcept
{
    try {
        return parts.build(b, argc, argv);
    } catch (const std::exception &e) {
        return gale_build_error(b, "%s", e.what());
    } catch (...) {
        return gale_build_error(b, "an exception that is no std::exception");
    }
}

template <const topology_parts &parts>
consteval gale_topology make_topology(const char *id)
{
    gale_topology d{};

    d.abi = GALE_ABI;
    d.size = sizeof(d);
    d.host_needs = sizeof(gale_builder_host);
    d.name = id;
    d.summary = parts.summary;
    d.usage = parts.usage;
    static_assert(is_given(parts.build), "a topology needs .build");
    d.build = build<parts>;
    return d;
}

template <const grouping_parts &parts>
consteval gale_grouping make_grouping(const char *id)
{
    gale_grouping d{};

    d.abi = GALE_ABI;
    d.size = sizeof(d);
    d.name = id;
    d.summary = parts.summary;
    d.instance_size = parts.instance_size;
    d.prepare = parts.prepare;
    d.choose = parts.choose;
    d.cleanup = parts.cleanup;
    return d;
}

template <const invariant_parts &parts> void look(gale_look *l) noexcept
{
    try {
        parts.look(l);
    } catch (const std::exception &e) {
        gale_look_wrong(l, "%s", e.what());
    } catch (...) {
        gale_look_wrong(l, "an exception that is no std::exception");
    }
}

template <const invariant_parts &parts>
consteval gale_invariant make_invariant(const char *id)
{
    gale_invariant d{};

    d.abi = GALE_ABI;
    d.size = sizeof(d);
    d.host_needs = sizeof(gale_look_host);
    d.name = id;
    d.summary = parts.summary;
    static_assert(is_given(parts.look), "an invariant needs .look");
    d.look = look<parts>;
    return d;
}

gale_declarer *subscribe(gale_declarer *d, gale_grouping_kind kind,
                         const char *from, const char *stream,
                         std::convertible_to<const char *> auto... fields)
{
    const char *const names[] = {fields...};

    return gale_subscribe_(d, kind, from, stream, names, sizeof...(fields),
                           nullptr);
}

} // namespace gale::detail

/* -- the names of C, which are macros there -------------------------------- */

gale_declarer *gale_by_fields(gale_declarer *d, const char *from,
                              std::convertible_to<const char *> auto... fields)
{
    return gale::detail::subscribe(d, GALE_BY_FIELDS, from, nullptr, fields...);
}

gale_declarer *gale_by_fields_stream(
    gale_declarer *d, const char *from, const char *stream,
    std::convertible_to<const char *> auto... fields)
{
    return gale::detail::subscribe(d, GALE_BY_FIELDS, from, stream, fields...);
}

gale_declarer *gale_partial_key(
    gale_declarer *d, const char *from,
    std::convertible_to<const char *> auto... fields)
{
    return gale::detail::subscribe(d, GALE_PARTIAL_KEY, from, nullptr,
                                   fields...);
}

gale_declarer *gale_partial_key_stream(
    gale_declarer *d, const char *from, const char *stream,
    std::convertible_to<const char *> auto... fields)
{
    return gale::detail::subscribe(d, GALE_PARTIAL_KEY, from, stream,
                                   fields...);
}
#pragma GCC visibility pop

#define GALE_CPP_PARTS_(kind_, id_, ...)                                       \
    GALE_MANIFEST(kind_, id_);                                                 \
    static constexpr gale::detail::kind_##_parts gale_parts_##kind_##_##id_{   \
        __VA_ARGS__};                                                          \
    extern "C" GALE_EXPORT const gale_##kind_ gale_##kind_##_##id_;            \
    constinit const gale_##kind_ gale_##kind_##_##id_ =                        \
        gale::detail::make_##kind_<gale_parts_##kind_##_##id_>(#id_)

#define GALE_TOPOLOGY(id_, ...) GALE_CPP_PARTS_(topology, id_, __VA_ARGS__)
#define GALE_GROUPING(id_, ...) GALE_CPP_PARTS_(grouping, id_, __VA_ARGS__)
#define GALE_INVARIANT(id_, ...) GALE_CPP_PARTS_(invariant, id_, __VA_ARGS__)

#endif
#endif
