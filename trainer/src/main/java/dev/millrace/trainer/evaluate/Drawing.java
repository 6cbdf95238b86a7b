package dev.millrace.trainer.evaluate;

/** What a picture is made of. Lengths in pixels from the top left corner, colours as 0xRRGGBB. */
interface Drawing {
    /** Where in a text its position is. */
    enum Anchor {
        START,
        MIDDLE,
        END
    }

    /**
     * A filled rectangle.
     *
     * @param tip shown by a viewer that can show such things
     */
    void rectangle(double x, double y, double width, double height, int colour, String tip);

    /**
     * A line of text.
     *
     * @param y of the base line
     * @param degrees turned by this about its position, clockwise
     */
    void text(double x, double y, double size, Anchor anchor, int degrees, int colour, String text);

    /** The whole file. */
    byte[] bytes();
}
