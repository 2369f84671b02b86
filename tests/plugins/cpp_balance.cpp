/* cpp_balance.cpp - an invariant in C++: looks at an object, and throws. */
#include <gale/gale.hpp>
#include <set>

class once
{
  public:
    void execute(gale::task, gale::tuple in)
    {
        if (!numbers.insert(in.integer(0)).second)
            ++again;
    }
    std::set<int64_t> numbers;
    int again = 0;
};

GALE_CPP_BOLT(once, once, "knows what it has seen");

static void look(gale_look *l)
{
    auto seen = gale::look_at<once>(l, "once", 0);

    if (seen != nullptr && seen->again > 0)
        throw std::runtime_error("a number came again");
}

GALE_INVARIANT(come_once, .summary = "no number comes again", .look = look);

static gale_result build(gale_builder *b, int argc, char **)
{
    gale_set(gale_add_spout(b, "numbers", "sequence", 1), "to", gale_int(30));
    if (argc > 0) /* two sources with the same numbers */
        gale_set(gale_add_spout(b, "others", "sequence", 1), "to", gale_int(3));
    auto bolt = gale_add_bolt(b, "once", "once", 1);
    gale_shuffle(bolt, "numbers");
    if (argc > 0)
        gale_shuffle(bolt, "others");
    return GALE_OK;
}

GALE_TOPOLOGY(cpp_balance, .summary = "numbers that come once",
              .usage = "[twice]", .build = build);
