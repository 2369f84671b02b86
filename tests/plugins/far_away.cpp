/*
 * far_away.cpp - a spout and a bolt that say that they need a server, and a
 * topology with one of them, both, or neither: far_away [spout] [bolt].
 */
#include <gale/gale.hpp>
#include <string>

/* Once, and no more. */
template <uint32_t What> class caller
{
  public:
    static constexpr auto streams = gale::outputs<"word">();
    static constexpr uint32_t needs = What;

    void next(gale::task task)
    {
        task.emit_msg({0, 1}, {"hello"});
        task.exhausted();
    }
};

GALE_CPP_SPOUT(far_caller, caller<GALE_NEEDS_NETWORK>, "calls a server");
GALE_CPP_SPOUT(near_caller, caller<0>, "calls nobody");

template <uint32_t What> class keeper
{
  public:
    static constexpr uint32_t needs = What;

    void execute(gale::task, gale::tuple)
    {
    }
};

GALE_CPP_BOLT(far_keeper, keeper<GALE_NEEDS_NETWORK>, "keeps words elsewhere");
GALE_CPP_BOLT(near_keeper, keeper<0>, "keeps nothing");

static gale_result build(gale_builder *b, int argc, char **argv)
{
    bool far_spout = false, far_bolt = false;

    for (int i = 0; i < argc; i++)
        (std::string(argv[i]) == "spout" ? far_spout : far_bolt) = true;
    gale_add_spout(b, "calls", far_spout ? "far_caller" : "near_caller", 1);
    gale_shuffle(
        gale_add_bolt(b, "keeps", far_bolt ? "far_keeper" : "near_keeper", 1),
        "calls");
    return GALE_OK;
}

GALE_TOPOLOGY(far_away, .summary = "words that go far",
              .usage = "[spout] [bolt]", .build = build);
