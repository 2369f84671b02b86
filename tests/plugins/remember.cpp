/* remember.cpp - a C++ bolt with state that is a string, and that throws. */
#include <gale/gale.hpp>

class remember
{
  public:
    static constexpr auto streams = gale::outputs<"sentence", "words">();

    struct options {
        gale_str until;
    };
    static constexpr gale_option option_table[] = {
        GALE_OPTION_STR(options, until, "until", "moon", "the last word")};

    remember(gale::task, const options &o) : until(gale::view(o.until))
    {
    }

    void execute(gale::task task, gale::tuple in)
    {
        std::string_view word = in.str(0);

        if (word.empty())
            throw std::invalid_argument("a word is empty");
        if (word == "poison")
            throw gale::failure(GALE_POISON, "this word never works");
        sentence += sentence.empty() ? "" : " ";
        sentence += word;
        words++;
        if (word != until)
            return;
        task.emit({sentence, words});
        sentence.clear();
        words = 0;
    }

  private:
    std::string until;
    std::string sentence;
    int words = 0;
};

GALE_CPP_BOLT(remember, remember, "joins words to sentences");
