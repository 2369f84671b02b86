/* cpp_deferred.cpp - a C++ bolt that answers later, and throws there, too. */
#include <gale/gale.hpp>
#include <memory>

class deferred
{
  public:
    static constexpr auto streams = gale::outputs<"word">();
    static constexpr uint32_t flags = GALE_BOLT_MANUAL_ACK;

    void execute(gale::task task, gale::tuple in)
    {
        auto j =
            std::make_unique<job>(job{task.hold(in), std::string{in.str(0)}});

        if (task.async<work, done>(j.get()) == GALE_OK)
            j.release();
        else
            task.fail(j->input);
    }

  private:
    struct job {
        gale_handle input;
        std::string word;
    };

    /* On a thread of the pool. */
    static gale_result work(void *arg)
    {
        if (static_cast<job *>(arg)->word == "work")
            throw gale::failure(GALE_POISON, "work is never done");
        return GALE_OK;
    }

    static void done(gale::task task, gale_result result, void *arg)
    {
        std::unique_ptr<job> j{static_cast<job *>(arg)};

        if (result != GALE_OK || j->word == "done") {
            task.fail(j->input);
            throw std::runtime_error(result == GALE_POISON ? "poison"
                                                           : "it is done");
        }
        task.emit_anchored({j->input}, {j->word});
        task.ack(j->input);
        task.post<posted>(nullptr);
    }

    static void posted(gale::task, void *)
    {
        throw std::runtime_error("posted, and thrown");
    }
};

GALE_CPP_BOLT(cpp_deferred, deferred, "words, later");
