/* spectator.cpp - hooks in C++: one counts as onlooker.c does, one grumbles. */
#include <gale/gale.hpp>
#include <string>

class spectator
{
  public:
    explicit spectator(gale::task task)
        : emitted(gale_counter(task.c(), "saw_emitted")),
          acks(gale_counter(task.c(), "saw_spout_ack")),
          fails(gale_counter(task.c(), "saw_spout_fail")),
          executed(gale_counter(task.c(), "saw_executed")),
          acked(gale_counter(task.c(), "saw_bolt_ack")),
          failed(gale_counter(task.c(), "saw_bolt_fail")),
          gone(gale_counter(task.c(), "saw_gone"))
    {
    }

    void emit(gale::task task, const gale_emitted &what)
    {
        count(task, emitted, what.n > 0 && what.stream != nullptr);
    }
    void spout_ack(gale::task task, gale_msgid)
    {
        count(task, acks);
    }
    void spout_fail(gale::task task, gale_msgid)
    {
        count(task, fails);
    }
    void bolt_execute(gale::task task, gale::tuple in, int64_t ns)
    {
        count(task, executed, in.size() > 0 && ns >= 0);
    }
    void bolt_ack(gale::task task, std::optional<gale::tuple> in)
    {
        count(task, acked);
        count(task, gone, !in);
    }
    void bolt_fail(gale::task task, std::optional<gale::tuple> in)
    {
        count(task, failed);
        count(task, gone, !in);
    }

  private:
    static void count(gale::task task, gale_metric *m, bool once = true)
    {
        gale_counter_add(task.c(), m, once);
    }

    gale_metric *emitted, *acks, *fails, *executed, *acked, *failed, *gone;
};

GALE_CPP_HOOK(spectator, spectator, "counts all that it sees");

class grumbler
{
  public:
    explicit grumbler(gale::task task)
    {
        if (std::string(gale_component_id(task.c())) == "take")
            throw std::runtime_error("the hook sees nothing of this bolt");
    }

    void spout_ack(gale::task, gale_msgid)
    {
        throw 7;
    }
    void bolt_execute(gale::task, gale::tuple in, int64_t)
    {
        if (in.integer(0) % 7 == 0)
            throw std::runtime_error("the hook does not like " +
                                     std::to_string(in.integer(0)));
    }
};

GALE_CPP_HOOK(grumbler, grumbler, "throws at much that it sees");
